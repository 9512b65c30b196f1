package access_test

import (
	"strings"
	"testing"

	"devportal.internal/router/access"
	"devportal.internal/router/compose"
	"devportal.internal/router/operation"
	"devportal.internal/router/supergraph"
)

const sdl = `
type Query { open: Int  secret: Int @federation__policy(policies: [["p"]])  box: Box }
type Box @federation__context(name: "box") @key(fields: "id") { id: ID! colour: String inner: Inner }
type Inner @key(fields: "id") { id: ID! size(of: String @federation__fromContext(field: "$box { colour }")): Int }
`

func composed(t *testing.T) string {
	t.Helper()
	link := `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])`
	result, errs := compose.Compose([]compose.Subgraph{
		{Name: "a", URL: "http://a", SDL: link + sdl},
		{Name: "b", URL: "http://b", SDL: link + `type Inner @key(fields: "id") { id: ID! other: Int }`},
	}, compose.Options{})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return result.SupergraphSDL
}

func deniedTo(t *testing.T, text, query string) []access.Denied {
	t.Helper()
	schema, err := supergraph.Load(text)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := access.New(schema)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := operation.Parse(schema, query, operation.Options{})
	if err != nil {
		t.Fatal(err)
	}
	op, err := doc.Operation("")
	if err != nil {
		t.Fatal(err)
	}
	normalised, err := op.Normalise(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, denied := rules.Filter(normalised, rules.Rights(access.Caller{SignedIn: true}, func(string) bool { return false }))
	return denied
}

func TestRules_are_found_under_the_name_of_their_namespace(t *testing.T) {
	t.Parallel()
	if denied := deniedTo(t, composed(t), `{open secret}`); len(denied) != 1 || denied[0].Coordinate != "Query.secret" {
		t.Errorf("denied: %v", denied)
	}
}

func TestRules_follow_what_a_context_reads(t *testing.T) {
	t.Parallel()
	text := composed(t)
	name := "policy"
	if strings.Contains(text, "@federation__policy(") {
		name = "federation__policy"
	}
	guarded := strings.Replace(text, "colour: String", `colour: String @`+name+`(policies: [["p"]])`, 1)
	if guarded == text {
		t.Fatal(text)
	}
	if denied := deniedTo(t, text, `{box{inner{size}}}`); len(denied) != 0 {
		t.Errorf("denied: %v", denied)
	}
	if denied := deniedTo(t, guarded, `{box{inner{size other}}}`); len(denied) != 1 || strings.Join(denied[0].Path, ".") != "box.inner.size" {
		t.Errorf("denied: %v\n%s", denied, guarded)
	}
}

func TestRules_of_a_security_feature_that_is_not_known_are_not_served(t *testing.T) {
	t.Parallel()
	text := strings.Replace(composed(t), "schema\n", `schema @link(url: "https://example.com/vault/v1.0", for: SECURITY)`+"\n", 1)
	if _, err := supergraph.Load(text); err == nil || !strings.Contains(err.Error(), "vault") {
		t.Errorf("got %v", err)
	}
}
