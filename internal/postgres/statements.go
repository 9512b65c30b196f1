package postgres

import (
	"context"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// maxKeptStatements bounds the texts that a [Statements] keeps; the count goes on beyond it.
const maxKeptStatements = 1000

// Statements counts the SQL statements that ran under a context. It is safe for concurrent use.
//
// Every query, every query of a batch, and every COPY counts as one. Transaction control (begin, commit, rollback,
// savepoint) does not count, so that a test may state the number of real statements.
type Statements struct {
	mu    sync.Mutex
	count int
	texts []string
	outer *Statements
}

// CountStatements returns a context under which pools made by [Open] count their statements. Counts nest: an outer
// counter sees what an inner one sees.
func CountStatements(ctx context.Context) (context.Context, *Statements) {
	outer, _ := ctx.Value(statementsKey{}).(*Statements)
	s := &Statements{outer: outer}
	return context.WithValue(ctx, statementsKey{}, s), s
}

// Count gives the number of statements so far.
func (s *Statements) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// SQL gives the texts of the first 1,000 statements, in the order in which they began: what a failing test prints.
func (s *Statements) SQL() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.texts...)
}

func (s *Statements) add(sql string) {
	for c := s; c != nil; c = c.outer {
		c.addHere(sql)
	}
}

func (s *Statements) addHere(sql string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	if len(s.texts) < maxKeptStatements {
		s.texts = append(s.texts, sql)
	}
}

type statementsKey struct{}

// statementTracer tells the counter of the context, if there is one, about each statement.
type statementTracer struct{}

func (statementTracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	countStatement(ctx, data.SQL)
	return ctx
}

func (statementTracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (statementTracer) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (statementTracer) TraceBatchQuery(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	countStatement(ctx, data.SQL)
}

func (statementTracer) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func (statementTracer) TraceCopyFromStart(
	ctx context.Context, _ *pgx.Conn, data pgx.TraceCopyFromStartData,
) context.Context {
	countStatement(ctx, "copy "+data.TableName.Sanitize())
	return ctx
}

func (statementTracer) TraceCopyFromEnd(context.Context, *pgx.Conn, pgx.TraceCopyFromEndData) {}

func countStatement(ctx context.Context, sql string) {
	s, ok := ctx.Value(statementsKey{}).(*Statements)
	if ok && !isTransactionControl(sql) {
		s.add(sql)
	}
}

func isTransactionControl(sql string) bool {
	word, _, _ := strings.Cut(strings.TrimSpace(sql), " ")
	switch strings.ToLower(strings.TrimSuffix(word, ";")) {
	case "begin", "commit", "rollback", "savepoint", "release":
		return true
	default:
		return false
	}
}
