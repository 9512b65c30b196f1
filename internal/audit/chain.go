package audit

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/postgres"
)

// chainRows bounds how many events are chained in one transaction.
const chainRows = 500

// Run chains what is committed until the context ends. Run it in every process that can reach the database: whichever
// holds the head's row does the work, the others pass. What goes wrong is logged and tried again; the error is the
// context's.
func (l *Log) Run(ctx context.Context) error {
	defer l.tellLast(ctx)
	for {
		err := l.tellDenials(ctx, l.denials.take())
		more := false
		if err == nil {
			more, err = l.chainOnce(ctx)
		}
		if err != nil && ctx.Err() == nil {
			l.options.Logger.WarnContext(ctx, "the audit log could not be chained and is tried again", "error", err)
		}
		if more && err == nil {
			continue
		}
		timer := time.NewTimer(l.options.Poll)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-l.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// tellLast tells what refusals there were, also those that were only counted.
func (l *Log) tellLast(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	if err := l.tellDenials(ctx, l.denials.end()); err != nil {
		l.options.Logger.ErrorContext(ctx, "refused accesses could not be recorded in the audit log", "error", err)
	}
}

// Settle chains everything that is committed, and what was refused in this process, by now. It waits for whoever else is
// chaining.
func (l *Log) Settle(ctx context.Context) error {
	if err := l.tellDenials(ctx, l.denials.take()); err != nil {
		return err
	}
	for {
		more := false
		err := postgres.InTx(ctx, l.pool, "audit.Settle", func(ctx context.Context, tx pgx.Tx) (err error) {
			more, err = l.chain(ctx, tx, lockHeadSQL)
			return err
		})
		if err != nil || !more {
			return err
		}
	}
}

const pendingSQL = `SELECT EXISTS (SELECT FROM audit.outbox) OR EXISTS (` + abandonedSQL + `)`

// chainOnce chains one batch, and reports whether there may be more. Where another process is at it, there is not.
func (l *Log) chainOnce(ctx context.Context) (more bool, err error) {
	var pending bool
	if err := l.pool.QueryRow(ctx, pendingSQL, l.options.UnknownAfter.Microseconds()).Scan(&pending); err != nil || !pending {
		return false, err
	}
	err = pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) (err error) {
		more, err = l.chain(ctx, tx, lockHeadSQL+` SKIP LOCKED`)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return more, err
}

// The statements of chaining. The head's row is locked first: each later statement sees all that was committed before.
const (
	lockHeadSQL = `SELECT position, hash FROM audit.head FOR UPDATE`
	chainingSQL = `SELECT set_config('audit.chaining', 'on', true)`
	doneSQL     = `SELECT set_config('audit.chaining', '', true)`
	takeSQL     = `
		WITH taken AS (
			DELETE FROM audit.outbox WHERE id IN (SELECT id FROM audit.outbox ORDER BY id LIMIT $1) RETURNING *
		)
		SELECT recorded_at, kind, action, outcome, code, trace_id, facts FROM taken ORDER BY id`
	setHeadSQL = `UPDATE audit.head SET position = $1, hash = $2`
)

var (
	chainColumns  = []string{"position", "recorded_at", "kind", "action", "outcome", "code", "trace_id", "facts", "hash"}
	sealedColumns = []string{"position", "place", "name", "person", "salt", "value"}
)

// chain gives places in the chain to the oldest events that are committed, and reports whether there may be more.
func (l *Log) chain(ctx context.Context, tx pgx.Tx, lock string) (more bool, err error) {
	var head link
	if err := tx.QueryRow(ctx, lock).Scan(&head.position, &head.hash); err != nil {
		return false, err
	}
	if err := l.abandon(ctx, tx); err != nil {
		return false, err
	}
	taken, err := take(ctx, tx)
	if err != nil || len(taken) == 0 {
		return false, err
	}
	var records, sealed [][]any
	for _, r := range taken {
		r.Position = head.position + 1
		parts, err := r.seal()
		if err != nil {
			return false, err
		}
		head = link{position: r.Position, hash: r.hashAfter(head.hash)}
		records = append(records, []any{r.Position, r.At, r.Kind, r.Action, r.Outcome, r.Code, r.TraceID, r.facts, head.hash})
		sealed = append(sealed, parts...)
	}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{Schema, "chain"}, chainColumns, pgx.CopyFromRows(records)); err != nil {
		return false, err
	}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{Schema, "sealed"}, sealedColumns, pgx.CopyFromRows(sealed)); err != nil {
		return false, err
	}
	_, err = tx.Exec(ctx, setHeadSQL, head.position, head.hash)
	return len(taken) == chainRows, err
}

// take takes the oldest events out of the outbox.
func take(ctx context.Context, tx pgx.Tx) (taken []*record, err error) {
	err = chaining(ctx, tx, func() error {
		rows, err := tx.Query(ctx, takeSQL, chainRows)
		if err != nil {
			return err
		}
		taken, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*record, error) {
			r := &record{}
			return r, row.Scan(&r.At, &r.Kind, &r.Action, &r.Outcome, &r.Code, &r.TraceID, &r.facts)
		})
		return err
	})
	return taken, err
}

// link is a place in the chain.
type link struct {
	position int64
	hash     []byte
}

// record is a record as it is hashed. facts is JSON: a list of [chained].
type record struct {
	Position int64     `json:"position"`
	At       time.Time `json:"time"`
	Kind     Kind      `json:"kind"`
	Action   string    `json:"action"`
	Outcome  Outcome   `json:"outcome"`
	Code     string    `json:"code"`
	TraceID  string    `json:"trace"`
	Facts    string    `json:"facts"`

	facts string
}

// hashAfter is SHA-256 over the hash before and the record's JSON.
func (r record) hashAfter(before []byte) []byte {
	r.At, r.Facts = r.At.UTC(), r.facts
	text, err := json.Marshal(r)
	if err != nil {
		panic("audit: a record always marshals: " + err.Error())
	}
	sum := sha256.New()
	sum.Write(before)
	sum.Write(text)
	return sum.Sum(nil)
}

// chained is a fact in the chain: with its value, or with the seal of it.
type chained struct {
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
	Seal  string `json:"seal,omitempty"`
}

// saltBytes make a seal say nothing about a value that can be guessed.
const saltBytes = 16

// seal puts seals in the place of facts about people, and gives the rows of these facts.
func (r *record) seal() (rows [][]any, err error) {
	var facts []Fact
	if err := json.Unmarshal([]byte(r.facts), &facts); err != nil {
		return nil, fault.Internal("audit.seal", err)
	}
	public := make([]chained, len(facts))
	for i, f := range facts {
		public[i] = chained{Name: f.Name, Value: f.Value}
		if f.Person == "" {
			continue
		}
		salt := make([]byte, saltBytes)
		if _, err := rand.Read(salt); err != nil {
			return nil, fault.Internal("audit.seal", err)
		}
		public[i] = chained{Name: f.Name, Seal: sealOf(salt, f.Name, f.Value)}
		rows = append(rows, []any{r.Position, i, f.Name, f.Person, salt, f.Value})
	}
	text, err := json.Marshal(public)
	r.facts = string(text)
	return rows, err
}

// sealOf binds the log to a value without showing it.
func sealOf(salt []byte, name, value string) string {
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(name))
	mac.Write([]byte{0})
	mac.Write([]byte(value))
	return hex.EncodeToString(mac.Sum(nil))
}
