package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/postgres"
)

const forgetPersonSQL = `
	WITH ended AS (
		UPDATE scaffolder.tasks SET created_by = $2, principal = '{}'
		WHERE created_by = $1 AND status NOT IN ('OPEN', 'PROCESSING') RETURNING 1
	)
	SELECT (SELECT count(*) FROM ended),
	       (SELECT count(*) FROM scaffolder.tasks WHERE created_by = $1 AND status IN ('OPEN', 'PROCESSING'))`

// Forget takes a person out of the tasks that have ended: they stay, as started by [auth.Erased]. It gives their number, and
// that of tasks that still run with the person's rights.
func Forget(ctx context.Context, pool *pgxpool.Pool, person string) (ended, running int64, err error) {
	err = pool.QueryRow(ctx, forgetPersonSQL, person, auth.Erased).Scan(&ended, &running)
	return ended, running, postgres.Fault("scaffolder.Forget", err)
}
