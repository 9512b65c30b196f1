package scalar

import (
	"time"

	"github.com/99designs/gqlgen/graphql"

	"devportal.internal/internal/fault"
)

// Codes of the faults that malformed times cause.
const (
	CodeInvalidDateTime = "INVALID_DATE_TIME"
	CodeInvalidDate     = "INVALID_DATE"
)

// MarshalDateTime writes a time in UTC, to the microsecond; the zero time is null.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	if t.IsZero() {
		return graphql.Null
	}
	return graphql.MarshalString(t.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano))
}

// UnmarshalDateTime reads an RFC 3339 time into UTC.
func UnmarshalDateTime(v any) (time.Time, error) {
	text, ok := v.(string)
	if ok && len(text) <= 64 {
		if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fault.Invalid("scalar.DateTime", "a point in time is written like 2026-01-31T15:04:05Z").
		WithCode(CodeInvalidDateTime)
}

// MarshalDate writes the day of a time (in the time's own zone) as `YYYY-MM-DD`.
func MarshalDate(day time.Time) graphql.Marshaler {
	return graphql.MarshalString(day.Format(time.DateOnly))
}

// UnmarshalDate reads `YYYY-MM-DD` into that day's midnight in UTC.
func UnmarshalDate(v any) (time.Time, error) {
	text, ok := v.(string)
	if ok && len(text) == len(time.DateOnly) {
		if day, err := time.Parse(time.DateOnly, text); err == nil {
			return day, nil
		}
	}
	return time.Time{}, fault.Invalid("scalar.Date", "a day is written like 2026-01-31").WithCode(CodeInvalidDate)
}
