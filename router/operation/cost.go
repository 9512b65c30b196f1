package operation

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/supergraph"
)

// Estimator estimates what operations cost before they run, by the directives @cost and @listSize of the supergraph:
//
//   - An object costs 1, a leaf 0, a mutation 10 on top; @cost(weight:) on a field or its type says otherwise, and adds
//     the weight of an argument that is given.
//   - A list costs its size times what an item costs. @listSize says the size: the largest of its slicingArguments that
//     are given, else its assumedSize; for the field itself, or for its sizedFields. Other lists have the default size.
//
// It is immutable and safe for concurrent use.
type Estimator struct {
	schema         *supergraph.Schema
	cost, listSize string
	otherwise      int
}

const costIdentity = "https://specs.apollo.dev/cost"

// mutationCost is what a mutation costs beside its fields.
const mutationCost = 10

// NewEstimator makes an Estimator. listSize is the size of lists that no directive tells of.
func NewEstimator(schema *supergraph.Schema, listSize int) *Estimator {
	feature, linked := schema.Features[costIdentity]
	return &Estimator{
		schema:    schema,
		cost:      localName(feature, linked, "cost"),
		listSize:  localName(feature, linked, "listSize"),
		otherwise: listSize,
	}
}

// localName is what a directive of the specification is called in the supergraph.
func localName(feature supergraph.Feature, linked bool, name string) string {
	if as := feature.Imports["@"+name]; as != "" {
		return strings.TrimPrefix(as, "@")
	}
	if linked && feature.Name != name {
		return feature.Name + "__" + name
	}
	return name
}

// Cost is the estimated cost of an operation, one pass over its fields.
func (e *Estimator) Cost(op *Normalised, variables *Variables) int {
	total := 0
	if op.Kind == ast.Mutation {
		total = mutationCost
	}
	for _, field := range op.Fields {
		total = add(total, e.field(field, variables, 0))
	}
	return total
}

// field is the cost of a field. sized is the size that the parent's @listSize gives it, 0 where it gives none.
func (e *Estimator) field(field *Field, variables *Variables, sized int) int {
	def := e.schema.Field(field.ParentType, field.Name)
	if def == nil {
		return 0
	}
	own, passed, names := e.sizes(def, field, variables, sized)
	item := e.weight(def)
	for _, sub := range field.Fields {
		size := 0
		if passed > 0 && contains(names, sub.Name) {
			size = passed
		}
		item = add(item, e.field(sub, variables, size))
	}
	return add(e.arguments(def, field), multiply(own, item))
}

// sizes are the number of items that the field itself has, and the number that it passes to which of its subfields.
func (e *Estimator) sizes(def *ast.FieldDefinition, field *Field, variables *Variables, sized int) (own, passed int, names *ast.Value) {
	size := 0
	if directive := def.Directives.ForName(e.listSize); directive != nil {
		size = e.directed(directive, def, field, variables)
		if sizedFields := directive.Arguments.ForName("sizedFields"); sizedFields != nil && len(sizedFields.Value.Children) > 0 {
			passed, names, size = size, sizedFields.Value, 0
		}
	}
	switch {
	case def.Type.Elem == nil:
		own = 1
	case sized > 0:
		own = sized
	case size > 0:
		own = size
	default:
		own = e.otherwise
	}
	return own, passed, names
}

// directed is the size that a @listSize tells, 0 if none.
func (e *Estimator) directed(directive *ast.Directive, def *ast.FieldDefinition, field *Field, variables *Variables) int {
	size := 0
	if slicing := directive.Arguments.ForName("slicingArguments"); slicing != nil {
		for _, name := range slicing.Value.Children {
			size = max(size, integer(def, field, name.Value.Raw, variables))
		}
	}
	if assumed := directive.Arguments.ForName("assumedSize"); size == 0 && assumed != nil {
		size = parseSize(assumed.Value.Raw)
	}
	return size
}

// integer is the value of an Int argument, or of its default; 0 if there is none.
func integer(def *ast.FieldDefinition, field *Field, name string, variables *Variables) int {
	value := (*ast.Value)(nil)
	if argument := field.Arguments.ForName(name); argument != nil {
		value = argument.Value
	} else if argument := def.Arguments.ForName(name); argument != nil {
		value = argument.DefaultValue
	}
	switch {
	case value == nil:
		return 0
	case value.Kind != ast.Variable:
		return parseSize(value.Raw)
	}
	raw, _ := variables.JSON(value.Raw)
	var number float64
	if json.Unmarshal(raw, &number) != nil {
		return 0
	}
	return int(math.Min(math.Max(number, 0), math.MaxInt32))
}

func parseSize(text string) int {
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || number < 0 {
		return 0
	}
	return int(math.Min(math.Ceil(number), math.MaxInt32))
}

// weight is what one value of a field costs without its subfields.
func (e *Estimator) weight(def *ast.FieldDefinition) int {
	if directive := def.Directives.ForName(e.cost); directive != nil {
		return weightOf(directive)
	}
	named := e.schema.Definitions[def.Type.Name()]
	if named == nil {
		return 0
	}
	if directive := named.Directives.ForName(e.cost); directive != nil {
		return weightOf(directive)
	}
	if named.IsCompositeType() {
		return 1
	}
	return 0
}

// arguments is what the arguments that are given cost.
func (e *Estimator) arguments(def *ast.FieldDefinition, field *Field) int {
	total := 0
	for _, argument := range field.Arguments {
		if of := def.Arguments.ForName(argument.Name); of != nil {
			if directive := of.Directives.ForName(e.cost); directive != nil {
				total = add(total, weightOf(directive))
			}
		}
	}
	return total
}

func weightOf(directive *ast.Directive) int {
	if weight := directive.Arguments.ForName("weight"); weight != nil {
		return parseSize(weight.Value.Raw)
	}
	return 0
}

func contains(names *ast.Value, name string) bool {
	for _, child := range names.Children {
		if child.Value.Raw == name {
			return true
		}
	}
	return false
}

// multiply saturates.
func multiply(a, b int) int {
	if b != 0 && a > math.MaxInt32/b {
		return math.MaxInt32
	}
	return a * b
}
