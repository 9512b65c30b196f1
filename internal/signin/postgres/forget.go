package postgres

import (
	"context"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/postgres"
)

const forgetPersonSQL = `
	WITH identities AS (DELETE FROM signin.identities WHERE subject = $1 RETURNING 1),
	     tokens AS (DELETE FROM signin.tool_tokens WHERE owner = $1 RETURNING id),
	     made AS (UPDATE signin.tool_tokens SET created_by = $2 WHERE created_by = $1 AND owner <> $1 RETURNING 1),
	     accounts AS (UPDATE signin.service_accounts SET created_by = $2 WHERE created_by = $1 RETURNING 1)
	SELECT (SELECT coalesce(array_agg(id), '{}') FROM tokens),
	       (SELECT count(*) FROM identities) + (SELECT count(*) FROM made) + (SELECT count(*) FROM accounts)`

// Forget takes a person out: what providers said of them, and their tokens, whose ids it gives; the tokens and the service
// accounts that they made for others stay, as made by [auth.Erased]. It gives the number of places but for the tokens.
func (t *Tokens) Forget(ctx context.Context, person string) (tokens []string, places int64, err error) {
	err = t.pool.QueryRow(ctx, forgetPersonSQL, person, auth.Erased).Scan(&tokens, &places)
	return tokens, places, postgres.Fault("signin.Forget", err)
}
