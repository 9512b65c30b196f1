package telemetry

import (
	"fmt"
	"log/slog"
)

// Redacted is what stands in the place of a secret.
const Redacted = "[redacted]"

// Secret is a string that prints as [Redacted]: by every verb of fmt, in JSON and YAML, and in logs. Only Reveal gives
// its value.
type Secret string

// Reveal gives the value, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// IsSet reports whether there is a value.
func (s Secret) IsSet() bool { return s != "" }

// String hides the value.
func (s Secret) String() string { return s.hidden() }

// GoString hides the value from %#v.
func (s Secret) GoString() string { return s.hidden() }

// Format hides the value from every verb, %x and %q among them.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = fmt.Fprint(state, s.hidden()) }

// MarshalText hides the value from JSON, YAML and everything else that encodes text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.hidden()), nil }

// LogValue hides the value from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.hidden()) }

func (s Secret) hidden() string {
	if s == "" {
		return ""
	}
	return Redacted
}
