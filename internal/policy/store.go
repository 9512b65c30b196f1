package policy

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/audit"
	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
	"devportal.internal/internal/postgres"
)

// Codes of the faults of this package. They are stable.
const (
	// CodeChanged: somebody else changed the policies meanwhile. Read them again.
	CodeChanged = "POLICY_CHANGED"
	// CodeInvalid: what was written is no policy.
	CodeInvalid = "POLICY_INVALID"
	// CodeLastAdmin: nobody would be left who may change policies.
	CodeLastAdmin = "LAST_ADMIN"
	// CodeTooLarge: the policies, or the reason, are too long.
	CodeTooLarge = "POLICY_TOO_LARGE"
)

// Bounds of a change.
const (
	maxTextBytes = 2 << 20
	maxBindings  = 50_000
	maxReason    = 1_000
)

// Version is the policies as they were from one change to the next.
type Version struct {
	Number int64
	authz.Document
	Author, Reason string
	At             time.Time
}

// Options say how a store works.
type Options struct {
	// Logger is told what goes wrong; nil means [slog.Default].
	Logger *slog.Logger
	// Poll is how often a change is looked for that no notification told of; 0 means 500 ms.
	Poll time.Duration
}

// Store keeps the policies. It is safe for concurrent use.
type Store struct {
	pool    *pgxpool.Pool
	audit   *audit.Log
	target  *authz.Authorizer
	options Options

	mu      sync.Mutex // held while the authorizer is given another version
	applied int64
	changed func()
}

// Open keeps policies in a database in which [Migrations] were applied, and gives them to the authorizer.
func Open(pool *pgxpool.Pool, log *audit.Log, target *authz.Authorizer, options Options) *Store {
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	if options.Poll <= 0 {
		options.Poll = 500 * time.Millisecond
	}
	return &Store{pool: pool, audit: log, target: target, options: options, changed: func() {}}
}

// OnChange has a function called after the authorizer of this process was given another version. Set it before the
// store is used.
func (s *Store) OnChange(changed func()) { s.changed = changed }

const channel = "policy_versions"

// The statements of a change. The lock makes changes follow one another; reading does not wait for it.
const (
	lockSQL    = `LOCK TABLE policy.versions IN SHARE ROW EXCLUSIVE MODE`
	currentSQL = `SELECT coalesce(max(version), 0) FROM policy.versions`
	versionSQL = `SELECT version, rules, conditions, author, reason, created_at FROM policy.versions WHERE version = $1`
	historySQL = `
		SELECT version, rules, conditions, author, reason, created_at FROM policy.versions WHERE TRUE`
	bindingsSQL = `
		SELECT member, role FROM policy.bindings
		WHERE from_version <= $1 AND (until_version IS NULL OR until_version > $1) ORDER BY member || E'\n' || role COLLATE "C"`
	insertSQL = `INSERT INTO policy.versions (version, rules, conditions, author, reason) VALUES ($1, $2, $3, $4, $5)`
	endSQL    = `
		UPDATE policy.bindings b SET until_version = $1 FROM unnest($2::text[], $3::text[]) AS e (member, role)
		WHERE b.member = e.member AND b.role = e.role AND b.until_version IS NULL`
	beginSQL  = `INSERT INTO policy.bindings (member, role, from_version) SELECT member, role, $1 FROM unnest($2::text[], $3::text[]) AS e (member, role)`
	notifySQL = `SELECT pg_notify('` + channel + `', $1)`
)

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Import makes the document the first version, if there is none, and reports whether it did.
func (s *Store) Import(ctx context.Context, d authz.Document, author, reason string) (imported bool, err error) {
	err = postgres.InTx(ctx, s.pool, "policy.Import", func(ctx context.Context, tx pgx.Tx) error {
		imported = false
		number, err := lockCurrent(ctx, tx)
		if err != nil || number > 0 {
			return err
		}
		imported = true
		return s.insert(ctx, tx, Version{Number: 1, Document: d, Author: author, Reason: reason}, authz.Document{})
	})
	if imported {
		s.audit.Wake()
	}
	return imported, err
}

// Current gives the version that counts.
func (s *Store) Current(ctx context.Context) (Version, error) {
	v, err := current(ctx, s.pool)
	return v, postgres.Fault("policy.Current", err)
}

func current(ctx context.Context, db querier) (Version, error) {
	var number int64
	if err := db.QueryRow(ctx, currentSQL).Scan(&number); err != nil {
		return Version{}, err
	}
	return at(ctx, db, number)
}

// at gives one version with its bindings.
func at(ctx context.Context, db querier, number int64) (v Version, err error) {
	row := db.QueryRow(ctx, versionSQL, number)
	if err := row.Scan(&v.Number, &v.Rules, &v.Conditions, &v.Author, &v.Reason, &v.At); err != nil {
		return Version{}, err
	}
	v.Bindings, err = bindingsAt(ctx, db, number)
	return v, err
}

func bindingsAt(ctx context.Context, db querier, number int64) ([]authz.Binding, error) {
	rows, err := db.Query(ctx, bindingsSQL, number)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[authz.Binding])
}

// History gives a part of the versions, the newest first, without their bindings: the sort key is the number.
func (s *Store) History(ctx context.Context, part entityindex.Keyset) ([]Version, error) {
	args := entityindex.NewArgs()
	statement := historySQL + part.DescendingSQL(args, "version")
	rows, err := s.pool.Query(ctx, statement, args.Values()...)
	if err != nil {
		return nil, postgres.Fault("policy.History", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v Version, err error) {
		err = row.Scan(&v.Number, &v.Rules, &v.Conditions, &v.Author, &v.Reason, &v.At)
		return v, err
	})
	return found, postgres.Fault("policy.History", err)
}

// Bindings gives the bindings of a version.
func (s *Store) Bindings(ctx context.Context, number int64) ([]authz.Binding, error) {
	found, err := bindingsAt(ctx, s.pool, number)
	return found, postgres.Fault("policy.Bindings", err)
}

// Change is what to make of the policies. What is nil stays as it is.
type Change struct {
	// From is the version that the change was made from.
	From              int64
	Rules, Conditions *string
	Bind, Unbind      []authz.Binding
	Author, Reason    string
	// DryRun leaves everything as it is.
	DryRun bool
	// People are those among whom admins, and those who gain or lose, are looked for.
	People []auth.Principal
}

// Result is what came of a change.
type Result struct {
	// Version is the new version, or, in a dry run, what it would be.
	Version Version
	// Effects are who gains and who loses what.
	Effects []Effect
}

// Update makes the next version. In this process it counts when Update returns; in the others within a second.
func (s *Store) Update(ctx context.Context, c Change) (Result, error) {
	const op = "policy.Update"
	var result Result
	err := postgres.InTx(ctx, s.pool, op, func(ctx context.Context, tx pgx.Tx) error {
		number, err := lockCurrent(ctx, tx)
		if err != nil {
			return err
		}
		if number != c.From {
			return fault.Conflict(op, "the policies are at version %d, not %d: somebody else changed them", number, c.From).
				WithCode(CodeChanged).At("input", "version")
		}
		before, err := at(ctx, tx, number)
		if err != nil {
			return err
		}
		if result, err = c.apply(before); err != nil || c.DryRun {
			return err
		}
		return s.insert(ctx, tx, result.Version, before.Document)
	})
	if err != nil || c.DryRun {
		return result, err
	}
	s.audit.Wake()
	return result, s.Refresh(ctx)
}

func lockCurrent(ctx context.Context, tx pgx.Tx) (number int64, err error) {
	if _, err := tx.Exec(ctx, lockSQL); err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, currentSQL).Scan(&number)
	return number, err
}

// insert writes a version, with what of its bindings is new or gone, and remembers who did it.
func (s *Store) insert(ctx context.Context, tx pgx.Tx, v Version, before authz.Document) error {
	if _, err := tx.Exec(ctx, insertSQL, v.Number, v.Rules, v.Conditions, v.Author, v.Reason); err != nil {
		return err
	}
	gone, added := without(before.Bindings, v.Bindings), without(v.Bindings, before.Bindings)
	members, roles := columns(gone)
	if _, err := tx.Exec(ctx, endSQL, v.Number, members, roles); err != nil {
		return err
	}
	members, roles = columns(added)
	if _, err := tx.Exec(ctx, beginSQL, v.Number, members, roles); err != nil {
		return err
	}
	if err := s.audit.RecordIn(ctx, tx, changeEvent(v, before, added, gone)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, notifySQL, strconv.FormatInt(v.Number, 10))
	return err
}

// maxToldBindings is how many bindings of a change the audit log names one by one; the version has them all.
const maxToldBindings = 20

// changeEvent tells the audit log of a version.
func changeEvent(v Version, before authz.Document, added, gone []authz.Binding) audit.Event {
	facts := []audit.Fact{
		{Name: "version", Value: strconv.FormatInt(v.Number, 10)},
		{Name: "reason", Value: v.Reason, Person: strings.ToLower(v.Author)},
		{Name: "rules", Value: changedOrNot(v.Rules != before.Rules)},
		{Name: "conditions", Value: changedOrNot(v.Conditions != before.Conditions)},
		{Name: "bindingsAdded", Value: strconv.Itoa(len(added))},
		{Name: "bindingsRemoved", Value: strconv.Itoa(len(gone))},
	}
	for name, bindings := range map[string][]authz.Binding{"bound": added, "unbound": gone} {
		for _, b := range bindings[:min(len(bindings), maxToldBindings)] {
			fact := audit.About(name, b.Member)
			fact.Value += " " + b.Role
			facts = append(facts, fact)
		}
	}
	return audit.Event{
		Kind: audit.PolicyChange, Action: "updatePolicy", Outcome: audit.Done, Actor: v.Author, Facts: facts,
	}
}

func changedOrNot(changed bool) string {
	if changed {
		return "changed"
	}
	return "unchanged"
}

func without(all, others []authz.Binding) (rest []authz.Binding) {
	known := make(map[authz.Binding]bool, len(others))
	for _, b := range others {
		known[b] = true
	}
	for _, b := range all {
		if !known[b] {
			rest = append(rest, b)
		}
	}
	return rest
}

func columns(bindings []authz.Binding) (members, roles []string) {
	for _, b := range bindings {
		members, roles = append(members, b.Member), append(roles, b.Role)
	}
	return members, roles
}

const forgetSQL = `
	WITH versions AS (UPDATE policy.versions SET author = '' WHERE author = $1 RETURNING 1),
	     bindings AS (DELETE FROM policy.bindings WHERE member = $1 AND until_version IS NOT NULL RETURNING 1)
	SELECT (SELECT count(*) FROM versions) + (SELECT count(*) FROM bindings)`

// Forget takes a person out of the history: as the author of versions, and out of bindings that no longer hold. It gives
// the number of places. Bindings that hold are taken away by [Store.Update] before.
func (s *Store) Forget(ctx context.Context, person string) (places int64, err error) {
	err = s.pool.QueryRow(ctx, forgetSQL, strings.ToLower(person)).Scan(&places)
	return places, postgres.Fault("policy.Forget", err)
}
