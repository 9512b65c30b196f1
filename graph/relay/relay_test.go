package relay_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"devportal.internal/graph/relay"
	"devportal.internal/internal/fault"
)

func TestIDsComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := relay.ID{
			Type: rapid.StringMatching(`[A-Z][A-Za-z0-9]{0,30}`).Draw(t, "type"),
			UID:  rapid.StringMatching(`[ -~éß]{1,60}`).Draw(t, "uid"),
		}
		got, err := relay.DecodeID(relay.EncodeID(want.Type, want.UID))
		if err != nil || got != want {
			t.Fatalf("got %+v, %v, want %+v", got, err, want)
		}
	})
}

func TestWhatIsNoIDIsInvalid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		id, err := relay.DecodeID(text)
		if err == nil && relay.EncodeID(id.Type, id.UID) != text {
			t.Fatalf("%q is read as %+v", text, id)
		}
		if err != nil && fault.Code(err) != relay.CodeInvalidID {
			t.Fatalf("error %v", err)
		}
	})
	t.Run("and so is the id of another type", func(t *testing.T) {
		if _, err := relay.DecodeIDOf("DocsSite", relay.EntityID("x")); fault.Code(err) != relay.CodeInvalidID {
			t.Errorf("error %v", err)
		}
	})
}

func TestCursors(t *testing.T) {
	t.Parallel()
	good := relay.EncodeCursor("list", "a", "b")
	tests := map[string]struct {
		list   string
		parts  int
		cursor string
		want   []string
	}{
		"a cursor comes back":             {"list", 2, good, []string{"a", "b"}},
		"that of another list is refused": {"other", 2, good, nil},
		"one with too few parts":          {"list", 3, good, nil},
		"one that was cut":                {"list", 2, good[:len(good)-2], nil},
		"garbage":                         {"list", 2, "%%%", nil},
		"a NUL":                           {"list", 1, relay.EncodeCursor("list", "\x00"), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := relay.DecodeCursor(tt.list, tt.parts, tt.cursor)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("key (-want +got):\n%s", diff)
			}
			if (tt.want == nil) != (fault.Code(err) == relay.CodeInvalidCursor) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestPageArguments(t *testing.T) {
	t.Parallel()
	n := func(v int32) *int32 { return &v }
	tests := map[string]struct {
		args relay.Args
		want int
	}{
		"nothing asked is the default": {relay.Args{}, relay.DefaultPageSize},
		"none":                         {relay.Args{First: n(0)}, 0},
		"the most":                     {relay.Args{First: n(100)}, 100},
		"more is refused":              {relay.Args{First: n(101)}, -1},
		"less than none is refused":    {relay.Args{Last: n(-1)}, -1},
		"both ends are refused":        {relay.Args{First: n(1), Last: n(1)}, -1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, err := tt.args.Page("list", 1)
			if tt.want < 0 {
				if fault.Code(err) != relay.CodeInvalidPage {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil || page.Limit != tt.want {
				t.Errorf("page %+v, error %v", page, err)
			}
		})
	}
}

// TestPagesAreTheList holds that walking pages from either end gives the whole list, in its order, once.
func TestPagesAreTheList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := make([]string, rapid.IntRange(0, 30).Draw(t, "length"))
		for i := range all {
			all[i] = fmt.Sprintf("%03d", i)
		}
		size := rapid.Int32Range(1, 7).Draw(t, "size")
		backward := rapid.Bool().Draw(t, "backward")
		key := func(s string) []string { return []string{s} }
		args := relay.Args{First: &size}
		if backward {
			args = relay.Args{Last: &size}
		}
		var walked []string
		for more := true; more; {
			page, err := args.Page("list", 1)
			if err != nil {
				t.Fatal(err)
			}
			got := relay.Slice(all, key, page)
			if backward {
				walked = append(slices.Clone(got.Nodes), walked...)
				args.Before, more = got.PageInfo.StartCursor, got.PageInfo.HasPreviousPage
			} else {
				walked = append(walked, got.Nodes...)
				args.After, more = got.PageInfo.EndCursor, got.PageInfo.HasNextPage
			}
		}
		if !slices.Equal(walked, all) {
			t.Fatalf("walked %v, want %v", walked, all)
		}
	})
}
