package scalar_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"pgregory.net/rapid"

	"devportal.internal/graph/scalar"
	"devportal.internal/internal/fault"
)

func TestEntityRef(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   any
		want string
	}{
		"the full form":            {"component:default/checkout", "component:default/checkout"},
		"case folds":               {"Component:Default/CheckOut", "component:default/checkout"},
		"the namespace is implied": {"api:payments", "api:default/payments"},
		"a name with a space":      {"group:human resources", "group:default/human resources"},
		"an e-mail address":        {"group:default/a@b.c", "group:default/a@b.c"},
		"no kind":                  {"checkout", ""},
		"no name":                  {"component:default/", ""},
		"an empty kind":            {":default/x", ""},
		"two slashes":              {"component:a/b/c", ""},
		"two colons":               {"component:a:b", ""},
		"a bad namespace":          {"component:A_B/c", ""},
		"a NUL":                    {"component:a/b\x00", ""},
		"a number":                 {7, ""},
		"far too long":             {"component:" + strings.Repeat("x", 10_000), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := scalar.UnmarshalEntityRef(tt.in)
			if got != tt.want || (tt.want == "") != (fault.Code(err) == scalar.CodeInvalidRef) {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
	t.Run("any text is read into a form that is stable, or refused", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			once, err := scalar.ParseEntityRef(rapid.String().Draw(t, "text"))
			if err != nil {
				return
			}
			if twice, err := scalar.ParseEntityRef(once); err != nil || twice != once {
				t.Fatalf("%q is read as %q, %v", once, twice, err)
			}
		})
	})
}

func TestTimes(t *testing.T) {
	t.Parallel()
	at, err := scalar.UnmarshalDateTime("2026-01-31T15:04:05.123456789+02:00")
	if err != nil || written(scalar.MarshalDateTime(at)) != `"2026-01-31T13:04:05.123456Z"` {
		t.Errorf("%v, %v", at, err)
	}
	if got := written(scalar.MarshalDateTime(time.Time{})); got != "null" {
		t.Errorf("the zero time is %s", got)
	}
	for _, wrong := range []any{"yesterday", "2026-01-31", 5, nil, strings.Repeat("2", 1000)} {
		if _, err := scalar.UnmarshalDateTime(wrong); fault.Code(err) != scalar.CodeInvalidDateTime {
			t.Errorf("%v: %v", wrong, err)
		}
	}
	day, err := scalar.UnmarshalDate("2026-02-28")
	if err != nil || written(scalar.MarshalDate(day)) != `"2026-02-28"` {
		t.Errorf("%v, %v", day, err)
	}
	for _, wrong := range []any{"2026-02-30", "2026-2-3", 20260203} {
		if _, err := scalar.UnmarshalDate(wrong); fault.Code(err) != scalar.CodeInvalidDate {
			t.Errorf("%v: %v", wrong, err)
		}
	}
}

func TestDecimal(t *testing.T) {
	t.Parallel()
	for in, want := range map[any]string{"12.50": `"12.5"`, json.Number("7"): `"7"`, int64(3): `"3"`, "-0.000000000000000001": `"-0.000000000000000001"`} {
		d, err := scalar.UnmarshalDecimal(in)
		if got := written(scalar.MarshalDecimal(d)); err != nil || got != want {
			t.Errorf("%v: %s, %v", in, got, err)
		}
	}
	for _, wrong := range []any{1.5, "1e999999999", "", "NaN", strings.Repeat("9", 1000), nil} {
		if _, err := scalar.UnmarshalDecimal(wrong); fault.Code(err) != scalar.CodeInvalidDecimal {
			t.Errorf("%v: %v", wrong, err)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	deep := any("x")
	for range 40 {
		deep = []any{deep}
	}
	tests := map[string]struct {
		in any
		ok bool
	}{
		"an object":      {map[string]any{"a": []any{1, "b", nil}}, true},
		"too deep":       {deep, false},
		"too many":       {make([]any, 30_000), false},
		"too long":       {strings.Repeat("x", 1<<20), false},
		"too long a key": {map[string]any{strings.Repeat("x", 1<<20): 1}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := scalar.UnmarshalJSON(tt.in); (err == nil) != tt.ok {
				t.Errorf("error %v", err)
			}
		})
	}
	if got := written(scalar.MarshalJSON(json.RawMessage(`{"a":1}`))); got != `{"a":1}` {
		t.Errorf("raw is %s", got)
	}
	if got := written(scalar.MarshalJSON(func() {})); got != "null" {
		t.Errorf("what JSON does not have is %s", got)
	}
}

func written(m graphql.Marshaler) string {
	var b bytes.Buffer
	m.MarshalGQL(&b)
	return b.String()
}
