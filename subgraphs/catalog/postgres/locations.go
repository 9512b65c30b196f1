package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
	"devportal.internal/internal/postgres"
	"devportal.internal/subgraphs/catalog"
)

const (
	locationColumns = `l.id, l.type, l.target, l.registered, l.allowed_kinds, l.errors, l.last_read_at`

	selectLocations     = `SELECT ` + locationColumns + ` FROM catalog.locations l WHERE l.id = ANY($1)`
	selectLocationsPage = `SELECT ` + locationColumns + ` FROM catalog.locations l WHERE TRUE`
	countLocations      = `SELECT count(*) FROM catalog.locations`

	insertLocation = `
		INSERT INTO catalog.locations (id, type, target, registered, allowed_kinds) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (type, target) DO NOTHING`

	// upsertConfigured makes a location one of the settings', also when somebody had registered it before.
	upsertConfigured = `
		INSERT INTO catalog.locations AS l (id, type, target, registered, allowed_kinds) VALUES ($1, $2, $3, FALSE, $4)
		ON CONFLICT (type, target) DO UPDATE SET registered = FALSE, allowed_kinds = EXCLUDED.allowed_kinds
		RETURNING ` + locationColumns
	selectNotConfigured = `
		SELECT ` + locationColumns + ` FROM catalog.locations l WHERE NOT l.registered AND NOT l.id = ANY($1) ORDER BY l.id`
)

// CodeLocationExists is the code of the fault that registering a location twice causes.
const CodeLocationExists = "LOCATION_EXISTS"

// Locations gives the locations with the ids.
func (s *Store) Locations(ctx context.Context, ids []string) (map[string]*catalog.Location, error) {
	found, err := query(ctx, s, "catalog.Locations", selectLocations, []any{ids}, locationOf)
	return keyed(found, func(l *catalog.Location) string { return l.ID }), err
}

// ListLocations gives a part of the locations, in the order of their ids: that in which they came.
func (s *Store) ListLocations(ctx context.Context, part catalog.Slice) ([]*catalog.Location, error) {
	args := entityindex.NewArgs()
	statement := selectLocationsPage + keyset(part).SQL(args, "l.id")
	return query(ctx, s, "catalog.ListLocations", statement, args.Values(), locationOf)
}

// CountLocations counts the locations.
func (s *Store) CountLocations(ctx context.Context) (int, error) {
	var n int
	err := s.pool.QueryRow(ctx, countLocations).Scan(&n)
	return n, postgres.Fault("catalog.CountLocations", err)
}

// AddLocation stores a location that a client registers, and gives its id. One that is there already is a conflict.
func (s *Store) AddLocation(ctx context.Context, l catalog.Location) (string, error) {
	const op = "catalog.AddLocation"
	id, err := newID()
	if err != nil {
		return "", err
	}
	tag, err := s.pool.Exec(ctx, insertLocation, id, l.Type, l.Target, true, orEmpty(l.AllowedKinds))
	if err != nil {
		return "", postgres.Fault(op, err)
	}
	if tag.RowsAffected() == 0 {
		return "", fault.Conflict(op, "this location is registered already").WithCode(CodeLocationExists).At("input", "target")
	}
	return id, nil
}

// Configure stores a location that the settings name.
func (s *Store) Configure(ctx context.Context, l catalog.Location) (*catalog.Location, error) {
	id, err := newID()
	if err != nil {
		return nil, err
	}
	stored, err := query(ctx, s, "catalog.Configure", upsertConfigured,
		[]any{id, l.Type, l.Target, orEmpty(l.AllowedKinds)}, locationOf)
	if err != nil {
		return nil, err
	}
	return stored[0], nil
}

// NotConfigured gives the locations that the settings once named and no longer do.
func (s *Store) NotConfigured(ctx context.Context, configured []string) ([]*catalog.Location, error) {
	return query(ctx, s, "catalog.NotConfigured", selectNotConfigured, []any{orEmpty(configured)}, locationOf)
}

func locationOf(row pgx.CollectableRow) (*catalog.Location, error) {
	var l catalog.Location
	var readAt pgtype.Timestamptz
	err := row.Scan(&l.ID, &l.Type, &l.Target, &l.Registered, &l.AllowedKinds, &l.Errors, &readAt)
	if readAt.Valid {
		l.LastReadAt = readAt.Time.UTC()
	}
	return &l, err
}

// newID gives an id that is later in order than those before.
func newID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fault.Internal("catalog.newID", err)
	}
	return id.String(), nil
}
