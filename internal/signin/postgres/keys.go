package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/postgres"
	"devportal.internal/internal/signin/keys"
)

// Keys keeps signing keys. It implements [keys.Store].
type Keys struct {
	pool *pgxpool.Pool
}

// NewKeys keeps signing keys in a database in which [Migrations] were applied.
func NewKeys(pool *pgxpool.Pool) *Keys { return &Keys{pool} }

const (
	lockKeysSQL   = `LOCK TABLE signin.signing_keys IN SHARE ROW EXCLUSIVE MODE`
	readKeysSQL   = `SELECT id, sealed, public, made, signs FROM signin.signing_keys ORDER BY made, id`
	addKeySQL     = `INSERT INTO signin.signing_keys (id, sealed, public, made, signs) VALUES ($1, $2, $3, $4, $5)`
	removeKeysSQL = `DELETE FROM signin.signing_keys WHERE id = ANY ($1::text[])`
)

// Update implements [keys.Store]. The table is locked only when there is something to change.
func (k *Keys) Update(ctx context.Context, change func([]keys.Key) ([]keys.Key, []string)) (all []keys.Key, err error) {
	const op = "signin.UpdateKeys"
	all, err = k.read(ctx, k.pool)
	if err != nil {
		return nil, postgres.Fault(op, err)
	}
	if add, remove := change(all); len(add)+len(remove) == 0 {
		return all, nil
	}
	err = postgres.InTx(ctx, k.pool, op, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockKeysSQL); err != nil {
			return err
		}
		known, err := k.read(ctx, tx)
		if err != nil {
			return err
		}
		add, remove := change(known)
		for _, key := range add {
			if _, err := tx.Exec(ctx, addKeySQL, key.ID, key.Sealed, []byte(key.Public), key.Made, key.Signs); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, removeKeysSQL, remove); err != nil {
			return err
		}
		all, err = k.read(ctx, tx)
		return err
	})
	return all, err
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func (k *Keys) read(ctx context.Context, db querier) ([]keys.Key, error) {
	rows, err := db.Query(ctx, readKeysSQL)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (keys.Key, error) {
		var key keys.Key
		var public []byte
		err := row.Scan(&key.ID, &key.Sealed, &public, &key.Made, &key.Signs)
		key.Public = public
		return key, err
	})
}
