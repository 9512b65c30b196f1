package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/fault"
	"devportal.internal/internal/postgres"
	"devportal.internal/internal/signin"
)

// Identities keeps what providers last said of people.
type Identities struct {
	pool *pgxpool.Pool
}

// NewIdentities keeps identities in a database in which [Migrations] were applied.
func NewIdentities(pool *pgxpool.Pool) *Identities { return &Identities{pool} }

const rememberSQL = `
	INSERT INTO signin.identities (subject, provider, external_id, groups, roles, attributes, signed_in_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7)
	ON CONFLICT (subject) DO UPDATE SET
		provider = excluded.provider, external_id = excluded.external_id, groups = excluded.groups, roles = excluded.roles,
		attributes = excluded.attributes, signed_in_at = excluded.signed_in_at`

// Remember keeps what a provider says of somebody, in the place of what was said before.
func (i *Identities) Remember(ctx context.Context, who signin.Identity, p auth.Principal, at time.Time) error {
	const op = "signin.Remember"
	attributes, err := json.Marshal(nonNil(p.Attributes))
	if err != nil {
		return fault.Internal(op, err)
	}
	_, err = i.pool.Exec(ctx, rememberSQL, p.Subject, who.Provider, who.ID, orEmpty(p.Groups), orEmpty(p.Roles), string(attributes), at)
	return postgres.Fault(op, err)
}
