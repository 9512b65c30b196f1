package jobs

import (
	"encoding/json"
	"fmt"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// config turns kinds into River's terms: a queue and a worker each, and a periodic job where one is wanted.
func (r *Runner) config(opts Options) (*river.Config, error) {
	cfg := &river.Config{
		ID: r.clientID, Schema: Schema, Logger: r.logger, FetchPollInterval: opts.PollInterval,
		RescueStuckJobsAfter: rescueNever, MaxAttempts: defaultMaxAttempts,
	}
	if cfg.FetchPollInterval > 0 {
		cfg.FetchCooldown = min(cfg.FetchPollInterval, river.FetchCooldownDefault)
	}
	if len(opts.Kinds) == 0 {
		return cfg, nil
	}
	cfg.Workers = river.NewWorkers()
	cfg.Queues = map[string]river.QueueConfig{}
	for _, kind := range opts.Kinds {
		if err := r.addKind(cfg, kind); err != nil {
			return nil, err
		}
	}
	return cfg, nil
}

func (r *Runner) addKind(cfg *river.Config, kind Kind) error {
	if err := kind.validate(); err != nil {
		return err
	}
	if _, twice := r.kinds[kind.Name]; twice {
		return fmt.Errorf("job kind %s: declared twice", kind.Name)
	}
	kind = kind.withDefaults()
	w := &worker{kind: kind}
	r.kinds[kind.Name] = kind
	r.workers = append(r.workers, w)
	river.AddWorkerArgs(cfg.Workers, envelope{kind: kind.Name}, river.Worker[envelope](w))
	cfg.Queues[kind.Name] = river.QueueConfig{MaxWorkers: kind.Concurrency}
	if kind.Every > 0 {
		cfg.PeriodicJobs = append(cfg.PeriodicJobs, r.periodic(kind))
	}
	return nil
}

func (r *Runner) periodic(kind Kind) *river.PeriodicJob {
	construct := func() (river.JobArgs, *river.InsertOpts) {
		return envelope{kind: kind.Name}, r.insertOpts(kind.Name, InsertOptions{Unique: true})
	}
	return river.NewPeriodicJob(river.PeriodicInterval(kind.Every), construct,
		&river.PeriodicJobOpts{ID: kind.Name, RunOnStart: true})
}

func (r *Runner) insertOpts(kind string, opts InsertOptions) *river.InsertOpts {
	insert := &river.InsertOpts{Queue: kind, MaxAttempts: opts.MaxAttempts, ScheduledAt: opts.At}
	if insert.MaxAttempts == 0 {
		insert.MaxAttempts = r.kinds[kind].MaxAttempts
	}
	if opts.Unique {
		insert.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
			rivertype.JobStateRunning, rivertype.JobStateScheduled,
		}}
	}
	return insert
}

func seal(kind string, args, principal any) (envelope, error) {
	sealed := envelope{kind: kind}
	var err error
	if sealed.Args, err = json.Marshal(args); err != nil {
		return envelope{}, fmt.Errorf("write the arguments: %w", err)
	}
	if principal == nil {
		return sealed, nil
	}
	if sealed.Principal, err = json.Marshal(principal); err != nil {
		return envelope{}, fmt.Errorf("write the principal: %w", err)
	}
	return sealed, nil
}
