package entityindex_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/internal/entityindex"
)

func TestRefsAreFoundAndLeftOut(t *testing.T) {
	t.Parallel()
	hidden := map[string]bool{"component:default/a": true, "group:shop/team": true}
	tests := map[string]struct {
		value, without string
		refs           []string
	}{
		"a member goes":               {`{"z": 1, "of": "component:default/a", "b": true}`, `{"z":1,"b":true}`, []string{"component:default/a"}},
		"a list loses it":             {`["x", "Component:A", "component:b", null]`, `["x","component:b",null]`, []string{"component:default/a", "component:default/b"}},
		"whatever the letter case":    {`{"owner": "Group:Shop/Team"}`, `{}`, []string{"group:shop/team"}},
		"at any depth":                {`{"a": [{"b": [["group:shop/team"]]}, {"c": "group:shop/team", "d": "e"}]}`, `{"a":[{"b":[[]]},{"d":"e"}]}`, []string{"group:shop/team"}},
		"alone":                       {`"component:default/a"`, `null`, []string{"component:default/a"}},
		"order and numbers stay":      {`{"b": 1.50, "a": 12345678901234567890, "": {}}`, `{"b":1.50,"a":12345678901234567890,"":{}}`, nil},
		"texts that are no refs":      {`["see component:default/a", "http://x/y", "a:b/c/d", "12:30", ""]`, `["see component:default/a","http://x/y","a:b/c/d","12:30",""]`, nil},
		"so does what is named by it": {`{"component:default/a": {"x": ["group:shop/team"]}, "b": 1}`, `{"b":1}`, []string{"component:default/a", "group:shop/team"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			refs := entityindex.FullRefs("default")
			if found, err := refs.In(json.RawMessage(tt.value)); err != nil || !cmp.Equal(tt.refs, found) {
				t.Errorf("refs %v, want %v: %v", found, tt.refs, err)
			}
			got, err := refs.Without(json.RawMessage(tt.value), hidden)
			if diff := cmp.Diff(tt.without, string(got)); diff != "" || err != nil {
				t.Errorf("without (-want +got):\n%s %v", diff, err)
			}
		})
	}
	many := []string{}
	for n := range 20_001 {
		many = append(many, fmt.Sprintf("component:default/c%d", n))
	}
	for n, list := range map[string][]string{"too many": many, "": append(slices.Repeat([]string{"component:default/b"}, 20_001), "component:default/a")} {
		raw, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		if found, err := entityindex.FullRefs("default").In(raw); (err != nil) != (n != "") || err == nil && len(found) != 2 {
			t.Errorf("of %d refs there are %d, %v", len(list), len(found), err)
		}
	}
	for _, broken := range []string{``, `{`, `{"a"`, `[1,`, `nul`} {
		if got, err := entityindex.FullRefs("default").Without(json.RawMessage(broken), hidden); err == nil {
			t.Errorf("%q gives %s", broken, got)
		}
	}
}
