package operation_test

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/core"
	"pgregory.net/rapid"

	"devportal.internal/router/operation"
)

func TestParse_finds_the_conflicts_that_comparing_every_pair_finds(t *testing.T) {
	schema := loadHostile(t)
	rapid.Check(t, func(t *rapid.T) {
		text := drawDocument(t)
		_, err := operation.Parse(schema, text, operation.Options{})
		found := err != nil && strings.Contains(err.Error(), "conflict")
		if want := conflictsByPairs(t, schema.API, text); found != want {
			t.Fatalf("found a conflict: %v, by pairs: %v\n%s\n%v", found, want, text, err)
		}
	})
}

func TestParse_says_what_conflicts(t *testing.T) {
	schema := loadHostile(t)
	for text, want := range map[string]string{
		`{dog{a:size a:weight}}`:                                         `"size" and "weight" are different fields`,
		`{dog{name(short:true) name}}`:                                   `differing arguments`,
		`{node(id:1){...on Dog{a:size} ...on Cat{a:name}}}`:              `conflicting types "Int" and "String"`,
		`{node(id:1){...on Dog{weight} ...on Cat{weight}}}`:              `conflicting types "Int" and "Float"`,
		`{node(id:1){...on Dog{x:barks} ...on Cat{x:meows}}}`:            `conflicting types "Boolean!" and "Boolean"`,
		`{dog{...F other{name}}} fragment F on Dog{other{name:id}}`:      `conflicting types`,
		`{node(id:1){size:id ...on Dog{size}}}`:                          `conflicting types`,
		`{node(id:1){...on Dog{n:name(list:[1,2])} n:name(list:[2,1])}}`: `differing arguments`,
	} {
		if _, err := operation.Parse(schema, text, operation.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
	for _, text := range []string{
		`{node(id:1){...on Dog{a:size} ...on Cat{a:size}}}`,
		`{node(id:1){...on Dog{n:name(short:true)} ...on Cat{n:name(short:false)}}}`,
		`{dog{name(short:true,list:[1]) name(list:[1],short:true)}}`,
	} {
		if _, err := operation.Parse(schema, text, operation.Options{}); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// conflictsByPairs is the definition of FieldsInSetCanMerge, word by word.
func conflictsByPairs(t *rapid.T, schema *ast.Schema, text string) bool {
	query, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		t.Fatal(err)
	}
	core.Walk(schema, query, &core.Events{})
	pairs := pairwise{schema}
	for _, op := range query.Operations {
		if !pairs.mergeable(expand(op.SelectionSet, nil)) {
			return true
		}
	}
	return false
}

type pairwise struct{ schema *ast.Schema }

func expand(set ast.SelectionSet, into []*ast.Field) []*ast.Field {
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			into = append(into, selection)
		case *ast.InlineFragment:
			into = expand(selection.SelectionSet, into)
		case *ast.FragmentSpread:
			into = expand(selection.Definition.SelectionSet, into)
		}
	}
	return into
}

func (p pairwise) mergeable(fields []*ast.Field) bool {
	for i, a := range fields {
		for _, b := range fields[i:] {
			if a.Alias != b.Alias {
				continue
			}
			if !p.sameShape(a, b) {
				return false
			}
			same := a.ObjectDefinition == b.ObjectDefinition ||
				a.ObjectDefinition.Kind != ast.Object || b.ObjectDefinition.Kind != ast.Object
			if same && (a.Name != b.Name || !equalArguments(a.Arguments, b.Arguments) || !p.mergeable(both(a, b))) {
				return false
			}
		}
	}
	return true
}

func both(a, b *ast.Field) []*ast.Field {
	merged := expand(a.SelectionSet, nil)
	if a == b {
		return merged
	}
	return expand(b.SelectionSet, merged)
}

func (p pairwise) sameShape(a, b *ast.Field) bool {
	left, right := a.Definition.Type, b.Definition.Type
	for left.NonNull == right.NonNull && left.Elem != nil && right.Elem != nil {
		left, right = left.Elem, right.Elem
	}
	if left.NonNull != right.NonNull || left.Elem != nil || right.Elem != nil {
		return false
	}
	if !p.schema.Types[left.NamedType].IsCompositeType() || !p.schema.Types[right.NamedType].IsCompositeType() {
		return left.NamedType == right.NamedType
	}
	merged := both(a, b)
	for i, x := range merged {
		for _, y := range merged[i+1:] {
			if x.Alias == y.Alias && !p.sameShape(x, y) {
				return false
			}
		}
	}
	return true
}

func equalArguments(a, b ast.ArgumentList) bool {
	if len(a) != len(b) {
		return false
	}
	for _, argument := range a {
		other := b.ForName(argument.Name)
		if other == nil || other.Value.String() != argument.Value.String() {
			return false
		}
	}
	return true
}

// drawDocument draws a document that is valid but for field selection merging.
func drawDocument(t *rapid.T) string {
	var text strings.Builder
	text.WriteString("{node(id:1){")
	drawSelections(t, &text, "Node", 0, 3)
	text.WriteString("...F1 ...F2}}")
	for i, typename := range []string{"Dog", "Node", "Cat"} {
		text.WriteString("\nfragment F" + string(rune('1'+i)) + " on " + typename + "{")
		drawSelections(t, &text, typename, i+1, 2)
		if i == 1 {
			text.WriteString("...F3")
		}
		text.WriteString("}")
	}
	return text.String()
}

// drawSelections spreads only fragments of higher numbers than level, so that there are no cycles.
func drawSelections(t *rapid.T, text *strings.Builder, parent string, level, depth int) {
	leaves := map[string][]string{
		"Node": {"id", "name", "name(short:true)", "name(short:false,list:[1])", "size"},
		"Dog":  {"id", "name", "name(short:true)", "size", "barks", "weight"},
		"Cat":  {"id", "name", "name(list:[1],short:false)", "size", "meows", "weight"},
	}
	composites := map[string]map[string]string{
		"Node": {"node": "Node", "nodes": "Node"},
		"Dog":  {"node": "Node", "other": "Cat"},
		"Cat":  {"node": "Node", "other": "Dog"},
	}
	text.WriteString("id ")
	for range rapid.IntRange(0, 3).Draw(t, "selections") {
		alias := rapid.SampledFrom([]string{"", "", "a:", "b:"}).Draw(t, "alias")
		switch kind := rapid.IntRange(0, 3).Draw(t, "kind"); {
		case kind == 0 || depth == 0:
			text.WriteString(alias + rapid.SampledFrom(leaves[parent]).Draw(t, "leaf") + " ")
		case kind == 1:
			names := []string{"node", "other"}
			if parent == "Node" {
				names = []string{"node", "nodes"}
			}
			name := rapid.SampledFrom(names).Draw(t, "composite")
			text.WriteString(alias + name + "{")
			drawSelections(t, text, composites[parent][name], level, depth-1)
			text.WriteString("}")
		case kind == 2 && parent == "Node":
			typename := rapid.SampledFrom([]string{"Dog", "Cat", "Node"}).Draw(t, "type")
			text.WriteString("...on " + typename + "{")
			drawSelections(t, text, typename, level, depth-1)
			text.WriteString("}")
		case level < 2 && parent != "Cat":
			text.WriteString("...F2 ")
		}
	}
}
