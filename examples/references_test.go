package examples_test

import (
	"slices"
	"strings"
	"testing"
)

// relationField is a spec field that emits relations: their type, and the kind that is meant where a ref names none.
type relationField struct {
	kinds       []string
	field       string
	relation    string
	defaultKind string
}

func relationFields() []relationField {
	software := []string{"Component", "API", "Resource", "System", "Domain", "AiResource", "Template"}
	return []relationField{
		{software, "owner", "ownedBy", "group"},
		{[]string{"Component"}, "providesApis", "providesApi", "api"},
		{[]string{"Component"}, "consumesApis", "consumesApi", "api"},
		{[]string{"Component", "Resource"}, "dependsOn", "dependsOn", ""},
		{[]string{"Component", "Resource"}, "dependencyOf", "dependencyOf", ""},
		{[]string{"Component", "API", "Resource", "AiResource"}, "system", "partOf system", "system"},
		{[]string{"System"}, "domain", "partOf domain", "domain"},
		{[]string{"Domain"}, "subdomainOf", "partOf domain of domain", "domain"},
		{[]string{"Component"}, "subcomponentOf", "partOf component", "component"},
		{[]string{"Group"}, "parent", "childOf", "group"},
		{[]string{"Group"}, "children", "parentOf", "group"},
		{[]string{"Group"}, "members", "hasMember", "user"},
		{[]string{"User"}, "memberOf", "memberOf", "group"},
	}
}

// fullRef brings a ref into its full form; the kind and namespace stand in where it has none.
func fullRef(ref, kind, namespace string) string {
	if before, after, ok := strings.Cut(ref, ":"); ok {
		kind, ref = before, after
	}
	if before, after, ok := strings.Cut(ref, "/"); ok {
		namespace, ref = before, after
	}
	return strings.ToLower(kind + ":" + namespace + "/" + ref)
}

func TestRelations(t *testing.T) {
	t.Parallel()
	catalog := readCatalog(t)
	sources := map[string]int{}
	dangling := []string{}
	for _, field := range relationFields() {
		for _, e := range catalog.entities {
			if !slices.Contains(field.kinds, e.Kind) {
				continue
			}
			for _, target := range e.texts(field.field) {
				sources[field.relation]++
				if ref := fullRef(target, field.defaultKind, e.namespace()); catalog.byRef[ref].Kind == "" {
					dangling = append(dangling, e.ref()+" "+field.relation+" "+ref)
				}
			}
		}
	}

	t.Run("of every type have a source", func(t *testing.T) {
		t.Parallel()
		for _, field := range relationFields() {
			if sources[field.relation] == 0 {
				t.Errorf("nothing is %s something", field.relation)
			}
		}
	})

	t.Run("lead somewhere, but for the one that dangles on purpose", func(t *testing.T) {
		t.Parallel()
		want := []string{"component:default/order-router dependsOn resource:default/warehouse-mainframe"}
		if !slices.Equal(dangling, want) {
			t.Errorf("dangling: %q", dangling)
		}
	})

	t.Run("lead to what is restricted, from what is not", func(t *testing.T) {
		t.Parallel()
		if fraud := catalog.byRef["component:default/fraud-scoring"]; !fraud.restricted() {
			t.Error("fraud-scoring is not restricted")
		}
		if checkout := catalog.byRef["component:default/checkout"]; checkout.restricted() {
			t.Error("checkout is restricted")
		}
	})
}
