package audit

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/postgres"
)

const eraseSQL = `
	UPDATE audit.sealed SET person = '', salt = '', value = '', erased = true WHERE person = $1 AND NOT erased`

// Erase forgets a person: everything that the log holds about that ref (or name, where a sign-in had no ref) goes, and
// a record says how many facts went, not whose. It gives their number. The chain stays as it is.
func (l *Log) Erase(ctx context.Context, person string) (erased int64, err error) {
	if err := l.Settle(ctx); err != nil {
		return 0, err
	}
	err = postgres.InTx(ctx, l.pool, "audit.Erase", func(ctx context.Context, tx pgx.Tx) error {
		if err := l.chainAll(ctx, tx); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, eraseSQL, strings.ToLower(person))
		if err != nil {
			return err
		}
		erased = tag.RowsAffected()
		err = l.record(ctx, tx, Event{
			Kind: Erasure, Action: "erase", Outcome: Done,
			Facts: []Fact{{Name: FactErased, Value: strconv.FormatInt(erased, 10)}},
		})
		if err != nil {
			return err
		}
		return l.chainAll(ctx, tx)
	})
	return erased, err
}

// chainAll chains what is left while the transaction holds the head: what others commit meanwhile waits for its end.
func (l *Log) chainAll(ctx context.Context, tx pgx.Tx) error {
	for {
		more, err := l.chain(ctx, tx, lockHeadSQL)
		if err != nil || !more {
			return err
		}
	}
}
