package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/events"
	"devportal.internal/internal/fault"
	"devportal.internal/internal/jobs"
	"devportal.internal/internal/postgres"
	"devportal.internal/subgraphs/scaffolder"
)

const (
	insertTaskSQL = `
		INSERT INTO scaffolder.tasks (id, job_id, template_ref, template, created_by, principal, dry_run, parameters, secrets, start_cursor, events)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1) RETURNING created_at`
	insertStepsSQL = `
		INSERT INTO scaffolder.steps (task_id, position, id, name, action)
		SELECT $1, place - 1, id, name, action FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS s (id, name, action, place)`
)

// Create keeps a new task with its sealed secrets, and inserts the job that runs it.
func (s *Store) Create(ctx context.Context, task *scaffolder.Task, secrets []byte) error {
	return postgres.InTx(ctx, s.pool, "scaffolder.Create", func(ctx context.Context, tx pgx.Tx) error {
		var err error
		task.JobID, err = s.jobs.Insert(ctx, tx, scaffolder.JobKind, scaffolder.JobArgs{TaskID: task.ID},
			jobs.InsertOptions{Principal: task.Principal})
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, insertTaskSQL, task.ID, task.JobID, task.Template.Ref, task.Template, task.CreatedBy, task.Principal,
			task.DryRun, string(task.Parameters), secrets, task.StartCursor).Scan(&task.CreatedAt)
		if err != nil {
			return err
		}
		var ids, names, actions []string
		for _, step := range task.Template.Steps {
			ids, names, actions = append(ids, step.ID), append(names, step.Name), append(actions, step.Action)
		}
		if _, err := tx.Exec(ctx, insertStepsSQL, task.ID, ids, names, actions); err != nil {
			return err
		}
		task.Status, task.Events = scaffolder.Open, 1
		return appendEvents(ctx, tx, task.ID, task.CreatedBy, 1, scaffolder.Event{
			Level: scaffolder.Info, Message: "the task waits for its turn", Status: scaffolder.Open,
		})
	})
}

// appendEvents numbers events so that the last one has the given number, and appends them.
func appendEvents(ctx context.Context, tx pgx.Tx, taskID, createdBy string, lastNumber int64, all ...scaffolder.Event) error {
	logged := make([]events.Event, len(all))
	for i, event := range all {
		event.Number, event.CreatedBy = lastNumber-int64(len(all)-1-i), createdBy
		var err error
		if logged[i], err = event.LogEvent(taskID); err != nil {
			return err
		}
	}
	_, err := events.Append(ctx, tx, logged...)
	return err
}

const claimSQL = `
	UPDATE scaffolder.tasks t SET attempt = attempt + 1, status = 'PROCESSING', started_at = coalesce(started_at, now()), events = events + 1
	WHERE id = $1 AND status IN ('OPEN', 'PROCESSING')
	RETURNING ` + taskColumns + `, t.secrets`

// Claim makes the task that of a new attempt, whose number it has from then on, and gives it with its steps and its sealed
// secrets. An earlier attempt can no longer change it. One that has ended is a fault with the cause [scaffolder.ErrFenced].
func (s *Store) Claim(ctx context.Context, id string) (task *scaffolder.Task, steps []scaffolder.TaskStep, secrets []byte, err error) {
	const op = "scaffolder.Claim"
	err = postgres.InTx(ctx, s.pool, op, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, claimSQL, id)
		if err != nil {
			return err
		}
		task, err = pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (*scaffolder.Task, error) {
			return scanTask(withSecrets{row, &secrets})
		})
		if errors.Is(err, pgx.ErrNoRows) {
			return scaffolder.Fenced(op)
		}
		if err != nil {
			return err
		}
		found, err := stepsOf(ctx, tx, []string{task.ID})
		if err != nil {
			return err
		}
		steps = found[task.ID]
		return appendEvents(ctx, tx, task.ID, task.CreatedBy, task.Events, claimed(steps))
	})
	return task, steps, secrets, err
}

// claimed tells that a task is worked on: for the first time, or again.
func claimed(steps []scaffolder.TaskStep) scaffolder.Event {
	for _, step := range steps {
		if step.Status != scaffolder.Open {
			return scaffolder.Event{Level: scaffolder.Warn, Message: "the task goes on where it was interrupted", Status: scaffolder.Processing}
		}
	}
	return scaffolder.Event{Level: scaffolder.Info, Message: "the task has started", Status: scaffolder.Processing}
}

// withSecrets reads one more column after those of a task.
type withSecrets struct {
	pgx.CollectableRow
	secrets *[]byte
}

// Scan reads the task's columns, and the secrets.
func (r withSecrets) Scan(into ...any) error {
	return r.CollectableRow.Scan(append(into, r.secrets)...)
}

const heldSQL = `
	UPDATE scaffolder.tasks SET events = events + $3 WHERE id = $1 AND attempt = $2 AND status = 'PROCESSING' RETURNING events, created_by`

// held runs a change of a task in a transaction together with the events that tell of it, if the attempt still holds the
// task; else nothing happens, and the fault has the cause [scaffolder.ErrFenced].
func (s *Store) held(
	ctx context.Context, op string, hold scaffolder.Hold, event scaffolder.Event, change func(ctx context.Context, tx pgx.Tx) error,
) error {
	return postgres.InTx(ctx, s.pool, op, func(ctx context.Context, tx pgx.Tx) error {
		var number int64
		var createdBy string
		err := tx.QueryRow(ctx, heldSQL, hold.TaskID, hold.Attempt, 1).Scan(&number, &createdBy)
		if errors.Is(err, pgx.ErrNoRows) {
			return scaffolder.Fenced(op)
		}
		if err != nil {
			return err
		}
		if err := change(ctx, tx); err != nil {
			return err
		}
		return appendEvents(ctx, tx, hold.TaskID, createdBy, number, event)
	})
}

// Log tells something to those who follow the task.
func (s *Store) Log(ctx context.Context, hold scaffolder.Hold, stepID string, level scaffolder.Level, message string) error {
	return s.held(ctx, "scaffolder.Log", hold, scaffolder.Event{StepID: stepID, Level: level, Message: message},
		func(context.Context, pgx.Tx) error { return nil })
}

const beginStepSQL = `
	UPDATE scaffolder.steps s SET status = 'PROCESSING', started_at = coalesce(started_at, now())
	WHERE task_id = $1 AND position = $2 RETURNING ` + stepColumns

// BeginStep writes down that a step is worked on, and gives it: with the time when it was begun for the first time.
func (s *Store) BeginStep(ctx context.Context, hold scaffolder.Hold, position int, step scaffolder.Step) (began scaffolder.TaskStep, err error) {
	event := scaffolder.Event{StepID: step.ID, Level: scaffolder.Info, Message: step.Name, Status: scaffolder.Processing}
	err = s.held(ctx, "scaffolder.BeginStep", hold, event, func(ctx context.Context, tx pgx.Tx) error {
		var output []byte
		return tx.QueryRow(ctx, beginStepSQL, hold.TaskID, position).Scan(stepFields(&began, &output)...)
	})
	return began, err
}

const (
	endStepSQL = `
		UPDATE scaffolder.steps SET status = $3, output = $4, ended_at = now() WHERE task_id = $1 AND position = $2`
	moveWorkspaceSQL = `UPDATE scaffolder.tasks SET workspace = $2 WHERE id = $1`
	createdSQL       = `
		INSERT INTO scaffolder.created_entities (ref, task_id) SELECT DISTINCT unnest($2::text[]), $1
		ON CONFLICT (ref) DO UPDATE SET task_id = excluded.task_id`
)

// EndStep writes down how a step ended.
func (s *Store) EndStep(ctx context.Context, hold scaffolder.Hold, step scaffolder.Step, end scaffolder.StepEnd) error {
	event := scaffolder.Event{StepID: step.ID, Level: end.Level, Message: end.Message, Status: end.Status}
	return s.held(ctx, "scaffolder.EndStep", hold, event, func(ctx context.Context, tx pgx.Tx) error {
		output := string(end.Output)
		if output == "" {
			output = "{}"
		}
		batch := &pgx.Batch{}
		batch.Queue(endStepSQL, hold.TaskID, end.Position, end.Status, output)
		if end.Workspace != "" {
			batch.Queue(moveWorkspaceSQL, hold.TaskID, end.Workspace)
		}
		if len(end.Created) > 0 {
			batch.Queue(createdSQL, hold.TaskID, end.Created)
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}

const (
	endTaskSQL = `
		UPDATE scaffolder.tasks SET status = $2, output = $3, error = $4, secrets = NULL, workspace = '', completed_at = now() WHERE id = $1`
	endStepsSQL = `
		UPDATE scaffolder.steps SET status = CASE status WHEN 'OPEN' THEN $2 ELSE $3 END, ended_at = now()
		WHERE task_id = $1 AND status IN ('OPEN', 'PROCESSING')`
)

// EndTask writes down how a task ended, and erases its secrets.
func (s *Store) EndTask(ctx context.Context, hold scaffolder.Hold, end scaffolder.TaskEnd) error {
	event := scaffolder.Event{Level: scaffolder.Info, Message: "the task is done", Status: end.Status, Last: true}
	if end.Status == scaffolder.Failed {
		event.Level, event.Message = scaffolder.Error, end.Error
	}
	return s.held(ctx, "scaffolder.EndTask", hold, event, func(ctx context.Context, tx pgx.Tx) error {
		return endTask(ctx, tx, hold.TaskID, end, scaffolder.Skipped, scaffolder.Failed)
	})
}

// endTask ends a task; its steps that were not begun, and the one that was not ended, get these statuses.
func endTask(ctx context.Context, tx pgx.Tx, id string, end scaffolder.TaskEnd, open, processing scaffolder.Status) error {
	var output []byte
	if end.Output != nil {
		var err error
		if output, err = json.Marshal(end.Output); err != nil {
			return fault.Internal("scaffolder.EndTask", err)
		}
	}
	batch := &pgx.Batch{}
	batch.Queue(endTaskSQL, id, end.Status, nullable(output), end.Error)
	batch.Queue(endStepsSQL, id, open, processing)
	return tx.SendBatch(ctx, batch).Close()
}

func nullable(raw []byte) *string {
	if raw == nil {
		return nil
	}
	text := string(raw)
	return &text
}

// CodeTaskEnded is the code of the fault that stopping a task causes which has ended.
const CodeTaskEnded = "TASK_ENDED"

const (
	lockTaskSQL   = `SELECT ` + taskColumns + ` FROM scaffolder.tasks t WHERE t.id = $1 FOR UPDATE`
	countEventSQL = `UPDATE scaffolder.tasks SET events = events + 1 WHERE id = $1 RETURNING events`
)

// Cancel stops a task, whichever attempt holds it, and gives it as it is from then on. One that has ended is a conflict.
func (s *Store) Cancel(ctx context.Context, id, by string) (*scaffolder.Task, error) {
	const op = "scaffolder.Cancel"
	var task *scaffolder.Task
	err := postgres.InTx(ctx, s.pool, op, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, lockTaskSQL, id)
		if err != nil {
			return err
		}
		if task, err = pgx.CollectExactlyOneRow(rows, scanTask); err != nil {
			return err
		}
		if task.Status.Ended() {
			return fault.Conflict(op, "the task has ended already").WithCode(CodeTaskEnded).At("input", "id")
		}
		if err := tx.QueryRow(ctx, countEventSQL, id).Scan(&task.Events); err != nil {
			return err
		}
		end := scaffolder.TaskEnd{Status: scaffolder.Cancelled}
		if err := endTask(ctx, tx, id, end, scaffolder.Cancelled, scaffolder.Cancelled); err != nil {
			return err
		}
		rows, err = tx.Query(ctx, lockTaskSQL, id)
		if err != nil {
			return err
		}
		if task, err = pgx.CollectExactlyOneRow(rows, scanTask); err != nil {
			return err
		}
		return appendEvents(ctx, tx, id, task.CreatedBy, task.Events, scaffolder.Event{
			Level: scaffolder.Warn, Message: by + " stopped the task", Status: scaffolder.Cancelled, Last: true,
		})
	})
	return task, err
}

const selectOverdueSQL = `
	SELECT id, attempt FROM scaffolder.tasks WHERE status = 'PROCESSING' AND started_at < $1 ORDER BY started_at LIMIT 100`

// Overdue are the tasks that are still worked on though they were begun before a time, and who holds them.
func (s *Store) Overdue(ctx context.Context, before time.Time) ([]scaffolder.Hold, error) {
	rows, err := s.pool.Query(ctx, selectOverdueSQL, before)
	if err != nil {
		return nil, postgres.Fault("scaffolder.Overdue", err)
	}
	holds, err := pgx.CollectRows(rows, pgx.RowToStructByPos[scaffolder.Hold])
	return holds, postgres.Fault("scaffolder.Overdue", err)
}
