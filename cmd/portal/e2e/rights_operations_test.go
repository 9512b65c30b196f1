package e2e_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// operations draws operations from the API schema.
type operations struct {
	schema  *ast.Schema
	rand    *rand.Rand
	refs    []string
	ids     []string
	texts   []string
	aliases int
	budget  int // how many fields an operation may still have
}

func apiSchema(t *testing.T) *ast.Schema {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(root(t), "schema", "api.graphql"))
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "api.graphql", Input: string(source)})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func (o *operations) draw() string {
	o.aliases, o.budget = 0, 40
	var out strings.Builder
	out.WriteString("{")
	for range 1 + o.rand.IntN(2) {
		fields := o.schema.Query.Fields
		if f := fields[o.rand.IntN(len(fields))]; !strings.HasPrefix(f.Name, "__") {
			o.field(&out, f, 5)
		}
	}
	out.WriteString(" a: __typename }")
	return out.String()
}

func (o *operations) field(out *strings.Builder, f *ast.FieldDefinition, depth int) {
	o.aliases++
	o.budget--
	fmt.Fprintf(out, " f%d: %s", o.aliases, f.Name)
	var arguments []string
	for _, a := range f.Arguments {
		if a.Name == "last" && slices.ContainsFunc(arguments, func(s string) bool { return strings.HasPrefix(s, "first:") }) {
			continue
		}
		if a.Type.NonNull && a.DefaultValue == nil || o.rand.IntN(3) == 0 {
			arguments = append(arguments, a.Name+": "+o.value(a.Name, a.Type, 2))
		}
	}
	if len(arguments) > 0 {
		out.WriteString("(" + strings.Join(arguments, ", ") + ")")
	}
	if t := o.schema.Types[f.Type.Name()]; t.IsCompositeType() {
		o.selections(out, t, depth-1)
	}
}

// selections draws fields, rather those that lead on.
func (o *operations) selections(out *strings.Builder, t *ast.Definition, depth int) {
	out.WriteString(" { __typename")
	if connection := t.Fields.ForName("nodes"); connection != nil && depth > 0 {
		o.field(out, connection, depth)
	}
	for range 1 + o.rand.IntN(6) {
		if len(t.Fields) == 0 || o.budget <= 0 {
			break
		}
		f := t.Fields[o.rand.IntN(len(t.Fields))]
		if f.Name == "content" { // what a task wrote is a text of its own, and whoever reads the task may read it
			continue
		}
		if depth > 0 || !o.schema.Types[f.Type.Name()].IsCompositeType() {
			o.field(out, f, depth)
		}
	}
	if t.IsAbstractType() && depth > 0 {
		possible := o.schema.GetPossibleTypes(t)
		p := possible[o.rand.IntN(len(possible))]
		out.WriteString(" ... on " + p.Name)
		o.selections(out, p, depth-1)
	}
	out.WriteString(" }")
}

func (o *operations) one(of []string) string {
	text, err := json.Marshal(of[o.rand.IntN(len(of))])
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (o *operations) value(name string, t *ast.Type, depth int) string {
	if t.Elem != nil {
		return "[" + o.value(name, t.Elem, depth) + "]"
	}
	def := o.schema.Types[t.NamedType]
	switch {
	case def.Kind == ast.Enum:
		return def.EnumValues[o.rand.IntN(len(def.EnumValues))].Name
	case def.Kind == ast.InputObject:
		var members []string
		for _, f := range def.Fields {
			if f.Type.NonNull || depth > 0 && o.rand.IntN(3) == 0 {
				members = append(members, f.Name+": "+o.value(f.Name, f.Type, depth-1))
			}
		}
		return "{" + strings.Join(members, ", ") + "}"
	}
	switch t.NamedType {
	case "Int":
		return fmt.Sprint(1 + o.rand.IntN(30))
	case "Boolean":
		return fmt.Sprint(o.rand.IntN(2) == 0)
	case "ID":
		return o.one(o.ids)
	case "EntityRef":
		return o.one(o.refs)
	case "String":
		return o.one(o.texts)
	default:
		return "null"
	}
}
