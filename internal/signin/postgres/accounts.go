package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
	"devportal.internal/internal/postgres"
	"devportal.internal/internal/signin/tooltoken"
)

const (
	addAccountSQL = `
		INSERT INTO signin.service_accounts (subject, description, roles, created_by, created_at) VALUES ($1, $2, $3, $4, $5)`
	findAccountSQL = `
		SELECT subject, description, roles, created_by, created_at FROM signin.service_accounts WHERE subject = $1`
	listAccountsSQL = `
		SELECT subject, description, roles, created_by, created_at FROM signin.service_accounts WHERE TRUE`
	countAccountsSQL  = `SELECT count(*) FROM signin.service_accounts`
	removeTokensOfSQL = `DELETE FROM signin.tool_tokens WHERE owner = $1`
	removeAccountSQL  = `
		DELETE FROM signin.service_accounts WHERE subject = $1 RETURNING subject, description, roles, created_by, created_at`
)

// AddAccount keeps a service account. One of the same name is a conflict.
func (t *Tokens) AddAccount(ctx context.Context, a tooltoken.Account) error {
	const op = "signin.AddAccount"
	_, err := t.pool.Exec(ctx, addAccountSQL, a.Ref, a.Description, orEmpty(a.Roles), a.CreatedBy, a.Created)
	if postgres.IsUniqueViolation(err, "") {
		return fault.Conflict(op, "there is a service account of this name already").
			WithCode(tooltoken.CodeNameTaken).At("input", "name")
	}
	return postgres.Fault(op, err)
}

// Account gives a service account by ref, or a not-found fault.
func (t *Tokens) Account(ctx context.Context, ref string) (tooltoken.Account, error) {
	return t.account(ctx, "signin.Account", findAccountSQL, ref)
}

// RemoveAccount removes a service account with its tokens, or gives a not-found fault.
func (t *Tokens) RemoveAccount(ctx context.Context, ref string) (removed tooltoken.Account, err error) {
	const op = "signin.RemoveAccount"
	err = postgres.InTx(ctx, t.pool, op, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, removeAccountSQL, ref)
		if err != nil {
			return err
		}
		if removed, err = pgx.CollectExactlyOneRow(rows, scanAccount); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, removeTokensOfSQL, ref)
		return err
	})
	return removed, err
}

func (t *Tokens) account(ctx context.Context, op, sql, ref string) (tooltoken.Account, error) {
	rows, err := t.pool.Query(ctx, sql, ref)
	if err != nil {
		return tooltoken.Account{}, postgres.Fault(op, err)
	}
	found, err := pgx.CollectExactlyOneRow(rows, scanAccount)
	return found, postgres.Fault(op, err)
}

// Accounts gives a part of the service accounts, in the order of their refs.
func (t *Tokens) Accounts(ctx context.Context, part entityindex.Keyset) ([]tooltoken.Account, error) {
	const op = "signin.Accounts"
	args := entityindex.NewArgs()
	statement := listAccountsSQL + part.SQL(args, "subject")
	rows, err := t.pool.Query(ctx, statement, args.Values()...)
	if err != nil {
		return nil, postgres.Fault(op, err)
	}
	all, err := pgx.CollectRows(rows, scanAccount)
	return all, postgres.Fault(op, err)
}

// CountAccounts says how many service accounts there are.
func (t *Tokens) CountAccounts(ctx context.Context) (count int, err error) {
	err = t.pool.QueryRow(ctx, countAccountsSQL).Scan(&count)
	return count, postgres.Fault("signin.CountAccounts", err)
}

func scanAccount(row pgx.CollectableRow) (a tooltoken.Account, err error) {
	err = row.Scan(&a.Ref, &a.Description, &a.Roles, &a.CreatedBy, &a.Created)
	return a, err
}
