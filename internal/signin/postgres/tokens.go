package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/postgres"
	"devportal.internal/internal/signin/tooltoken"
)

// Tokens keeps tokens for tools and service accounts. It implements [tooltoken.Store].
type Tokens struct {
	pool *pgxpool.Pool
}

// NewTokens keeps tokens in a database in which [Migrations] were applied.
func NewTokens(pool *pgxpool.Pool) *Tokens { return &Tokens{pool} }

const (
	// What has ended goes first: its name is free again.
	forgetTokensSQL = `DELETE FROM signin.tool_tokens WHERE owner = $1 AND expires_at <= $2`
	addTokenSQL     = `
		INSERT INTO signin.tool_tokens (id, hash, owner, name, scopes, roles, attributes, created_by, created_at, expires_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
		WHERE (SELECT count(*) FROM signin.tool_tokens WHERE owner = $3) < $11`
	findTokenSQL = `
		SELECT t.id, t.hash, t.owner, t.name, t.scopes, t.created_by, t.created_at, t.expires_at, t.last_used_at,
		       coalesce(i.groups, '{}'), coalesce(s.roles, i.roles, t.roles), coalesce(i.attributes, t.attributes)
		FROM signin.tool_tokens AS t
		LEFT JOIN signin.identities AS i ON i.subject = t.owner
		LEFT JOIN signin.service_accounts AS s ON s.subject = t.owner
		WHERE t.id = $1`
	useTokenSQL   = `UPDATE signin.tool_tokens SET last_used_at = greatest(last_used_at, $2) WHERE id = $1`
	listTokensSQL = `
		SELECT id, owner, name, scopes, created_by, created_at, expires_at, last_used_at FROM signin.tool_tokens
		WHERE owner = $1 ORDER BY created_at DESC, id LIMIT $2`
	removeTokenSQL = `
		DELETE FROM signin.tool_tokens WHERE id = $1 AND ($2 = '' OR owner = $2)
		RETURNING id, owner, name, scopes, created_by, created_at, expires_at, last_used_at`
)

// Add implements [tooltoken.Store].
func (t *Tokens) Add(ctx context.Context, token tooltoken.Stored, limit int) error {
	const op = "signin.AddToken"
	attributes, err := json.Marshal(nonNil(token.Attributes))
	if err != nil {
		return fault.Internal(op, err)
	}
	err = postgres.InTx(ctx, t.pool, op, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, forgetTokensSQL, token.Owner, token.Created); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, addTokenSQL, token.ID, token.Hash, token.Owner, token.Name, orEmpty(token.Scopes),
			orEmpty(token.Roles), string(attributes), token.CreatedBy, token.Created, token.Expires, limit)
		if err == nil && tag.RowsAffected() == 0 {
			return fault.Conflict(op, "there may be at most %d tokens of one owner: revoke one first", limit).
				WithCode(tooltoken.CodeTooMany).At("input")
		}
		return err
	})
	if postgres.IsUniqueViolation(err, "tool_tokens_name") {
		return fault.Conflict(op, "there is a token of this name already").WithCode(tooltoken.CodeNameTaken).At("input", "name")
	}
	return err
}

// Find implements [tooltoken.Store].
func (t *Tokens) Find(ctx context.Context, id string) (tooltoken.Stored, error) {
	var s tooltoken.Stored
	var used *time.Time
	err := t.pool.QueryRow(ctx, findTokenSQL, id).Scan(&s.ID, &s.Hash, &s.Owner, &s.Name, &s.Scopes, &s.CreatedBy,
		&s.Created, &s.Expires, &used, &s.Groups, &s.Roles, &s.Attributes)
	if used != nil {
		s.LastUsed = *used
	}
	return s, postgres.Fault("signin.FindToken", err)
}

// Used implements [tooltoken.Store].
func (t *Tokens) Used(ctx context.Context, id string, at time.Time) error {
	_, err := t.pool.Exec(ctx, useTokenSQL, id, at)
	return postgres.Fault("signin.UseToken", err)
}

// List gives tokens of an owner, the newest first.
func (t *Tokens) List(ctx context.Context, owner string, limit int) ([]tooltoken.Token, error) {
	rows, err := t.pool.Query(ctx, listTokensSQL, owner, limit)
	if err != nil {
		return nil, postgres.Fault("signin.ListTokens", err)
	}
	all, err := pgx.CollectRows(rows, scanToken)
	return all, postgres.Fault("signin.ListTokens", err)
}

// Remove revokes the token with an id, if it is the owner's; an empty owner is anybody. It gives what was revoked.
func (t *Tokens) Remove(ctx context.Context, id, owner string) (tooltoken.Token, error) {
	const op = "signin.RemoveToken"
	rows, err := t.pool.Query(ctx, removeTokenSQL, id, owner)
	if err != nil {
		return tooltoken.Token{}, postgres.Fault(op, err)
	}
	removed, err := pgx.CollectExactlyOneRow(rows, scanToken)
	return removed, postgres.Fault(op, err)
}

func scanToken(row pgx.CollectableRow) (t tooltoken.Token, err error) {
	var used *time.Time
	err = row.Scan(&t.ID, &t.Owner, &t.Name, &t.Scopes, &t.CreatedBy, &t.Created, &t.Expires, &used)
	if used != nil {
		t.LastUsed = *used
	}
	return t, err
}

func orEmpty(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}

func nonNil(attributes map[string]string) map[string]string {
	if attributes == nil {
		return map[string]string{}
	}
	return attributes
}
