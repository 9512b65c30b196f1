package postgres

import (
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"devportal.internal/internal/fault"
)

// SQLSTATE codes and classes that decide a kind. See appendix A of the PostgreSQL manual.
const (
	uniqueViolation    = "23505"
	serializationFail  = "40001"
	deadlockDetected   = "40P01"
	queryCanceled      = "57014"
	classConnection    = "08"
	classResources     = "53"
	classIntervention  = "57"
	readOnlyConnection = "25006"
)

// Fault translates an error of pgx into a fault of the operation, once, at the edge of a store. No rows become not
// found; a violated unique index or a lost race becomes a conflict; a database that is gone, full or too slow becomes
// unavailable; an expired or cancelled context too. Everything else is internal. A nil err stays nil, a fault stays
// as it is.
func Fault(op string, err error) error {
	var known *fault.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return fault.Wrap(kindOf(err), op, err)
}

// IsUniqueViolation reports whether err is the violation of the unique index of that name, or of any when name is "".
func IsUniqueViolation(err error, name string) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == uniqueViolation && (name == "" || pgErr.ConstraintName == name)
}

func kindOf(err error) fault.Kind {
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.KindNotFound
	}
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return kindOfState(pgErr.Code)
	}
	var connectErr *pgconn.ConnectError
	var netErr net.Error
	if errors.As(err, &connectErr) || errors.As(err, &netErr) || pgconn.SafeToRetry(err) {
		return fault.KindUnavailable
	}
	return fault.KindOf(err)
}

func kindOfState(code string) fault.Kind {
	switch code {
	case uniqueViolation, serializationFail, deadlockDetected:
		return fault.KindConflict
	case queryCanceled, readOnlyConnection:
		return fault.KindUnavailable
	}
	for _, class := range []string{classConnection, classResources, classIntervention} {
		if strings.HasPrefix(code, class) {
			return fault.KindUnavailable
		}
	}
	return fault.KindInternal
}
