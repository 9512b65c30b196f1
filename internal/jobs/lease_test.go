package jobs_test

import (
	"context"
	"testing"

	"devportal.internal/internal/jobs"
	"devportal.internal/internal/postgres/postgrestest"
)

func TestLostLease(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t, jobs.Migrations())
	began, worked := make(chan jobs.Job, 10), make(chan struct{})
	runner := start(t, pool, jobs.Kind{Name: "task", Work: func(ctx context.Context, job jobs.Job) error {
		began <- job
		if job.Attempt == 1 {
			<-ctx.Done()
			return ctx.Err()
		}
		close(worked)
		return nil
	}})
	if _, err := runner.Insert(t.Context(), nil, "task", nil, jobs.InsertOptions{}); err != nil {
		t.Fatal(err)
	}
	receive(t, began)
	const breakLease = `select pg_terminate_backend(pid) from pg_stat_activity
		where application_name = 'portal jobs lease' and datname = current_database()`
	if _, err := pool.Exec(t.Context(), breakLease); err != nil {
		t.Fatal(err)
	}
	t.Run("the running attempt is given up and another one succeeds", func(t *testing.T) {
		receive(t, worked)
		if again := receive(t, began); again.Attempt < 2 {
			t.Errorf("attempt = %d", again.Attempt)
		}
	})
}
