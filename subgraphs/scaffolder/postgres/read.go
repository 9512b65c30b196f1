package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/postgres"
	"devportal.internal/subgraphs/scaffolder"
)

// Access says which tasks may be seen. A decision of package authz is one.
type Access interface {
	SQL(alias string, args *entityindex.Args) string
}

func (s *Store) tasks(ctx context.Context, op, condition string, args *entityindex.Args) ([]*scaffolder.Task, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+taskColumns+` FROM scaffolder.tasks t WHERE `+condition, args.Values()...)
	if err != nil {
		return nil, postgres.Fault(op, err)
	}
	found, err := pgx.CollectRows(rows, scanTask)
	return found, postgres.Fault(op, err)
}

// Tasks are those of the tasks that may be seen, by id.
func (s *Store) Tasks(ctx context.Context, ids []string, access Access) (map[string]*scaffolder.Task, error) {
	args := entityindex.NewArgs(ids)
	found, err := s.tasks(ctx, "scaffolder.Tasks", `t.id = ANY($1) AND (`+access.SQL("t", args)+`)`, args)
	byID := make(map[string]*scaffolder.Task, len(found))
	for _, task := range found {
		byID[task.ID] = task
	}
	return byID, err
}

// List gives a part of the tasks that may be seen, the newest first: the sort key is when a task was created, and its id.
// Without statuses, all are meant.
func (s *Store) List(ctx context.Context, statuses []scaffolder.Status, part entityindex.Keyset, access Access) ([]*scaffolder.Task, error) {
	args := entityindex.NewArgs()
	condition := filter(statuses, access, args)
	return s.tasks(ctx, "scaffolder.List", condition+part.DescendingSQL(args, "t.created_at", "t.id"), args)
}

// Count is how many tasks List has in all.
func (s *Store) Count(ctx context.Context, statuses []scaffolder.Status, access Access) (int, error) {
	args := entityindex.NewArgs()
	var count int
	err := s.pool.QueryRow(ctx, `SELECT count(*) FROM scaffolder.tasks t WHERE `+filter(statuses, access, args), args.Values()...).Scan(&count)
	return count, postgres.Fault("scaffolder.Count", err)
}

func filter(statuses []scaffolder.Status, access Access, args *entityindex.Args) string {
	condition := `(` + access.SQL("t", args) + `)`
	if len(statuses) > 0 {
		condition += ` AND t.status = ANY(` + args.Add(statuses) + `)`
	}
	return condition
}

// Steps are the steps of tasks, by task and in order.
func (s *Store) Steps(ctx context.Context, taskIDs []string) (map[string][]scaffolder.TaskStep, error) {
	found, err := stepsOf(ctx, s.pool, taskIDs)
	return found, postgres.Fault("scaffolder.Steps", err)
}

const selectStepsSQL = `SELECT ` + stepColumns + `, s.task_id FROM scaffolder.steps s WHERE s.task_id = ANY($1) ORDER BY s.task_id, s.position`

func stepsOf(ctx context.Context, db entityindex.Querier, taskIDs []string) (map[string][]scaffolder.TaskStep, error) {
	rows, err := db.Query(ctx, selectStepsSQL, taskIDs)
	if err != nil {
		return nil, err
	}
	steps := make(map[string][]scaffolder.TaskStep, len(taskIDs))
	defer rows.Close()
	for rows.Next() {
		var step scaffolder.TaskStep
		var output []byte
		var task string
		if err := rows.Scan(append(stepFields(&step, &output), &task)...); err != nil {
			return nil, err
		}
		step.Output = output
		steps[task] = append(steps[task], step)
	}
	return steps, rows.Err()
}

const selectCreatorsSQL = `SELECT c.ref, ` + taskColumns + ` FROM scaffolder.created_entities c JOIN scaffolder.tasks t ON t.id = c.task_id
	WHERE c.ref = ANY($1) AND (`

// Creators are the tasks that brought entities into the catalog, as far as they may be seen, by the entities' references.
func (s *Store) Creators(ctx context.Context, refs []string, access Access) (map[string]*scaffolder.Task, error) {
	const op = "scaffolder.Creators"
	args := entityindex.NewArgs(refs)
	rows, err := s.pool.Query(ctx, selectCreatorsSQL+access.SQL("t", args)+`)`, args.Values()...)
	if err != nil {
		return nil, postgres.Fault(op, err)
	}
	defer rows.Close()
	creators := make(map[string]*scaffolder.Task, len(refs))
	for rows.Next() {
		var ref string
		task, err := scanTask(afterRef{rows, &ref})
		if err != nil {
			return nil, postgres.Fault(op, err)
		}
		creators[ref] = task
	}
	return creators, postgres.Fault(op, rows.Err())
}

// afterRef reads a column before those of a task.
type afterRef struct {
	pgx.CollectableRow
	ref *string
}

// Scan reads the reference, and the task's columns.
func (r afterRef) Scan(into ...any) error {
	return r.CollectableRow.Scan(append([]any{r.ref}, into...)...)
}

// Running says which of the tasks have not ended.
func (s *Store) Running(ctx context.Context, ids []string) (map[string]bool, error) {
	rows, err := s.pool.Query(ctx, `SELECT id FROM scaffolder.tasks WHERE id = ANY($1) AND status IN ('OPEN', 'PROCESSING')`, ids)
	if err != nil {
		return nil, postgres.Fault("scaffolder.Running", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	running := make(map[string]bool, len(found))
	for _, id := range found {
		running[id] = true
	}
	return running, postgres.Fault("scaffolder.Running", err)
}
