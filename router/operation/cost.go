package operation

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/supergraph"
)

// Estimator knows what operations cost, by the directives @cost and @listSize of the supergraph:
//
//   - An object costs 1, a leaf 0, a mutation 10 on top; @cost(weight:) on a field or its type says otherwise, and adds
//     the weight of an argument that is given.
//   - A list costs its size times what an item costs. @listSize says the size: the largest of its slicingArguments that
//     are given, else its assumedSize; for the field itself, or for its sizedFields. Other lists have the default size.
//
// The estimate is made before an operation runs, of the sizes that it may have; the actual cost afterwards, of what was
// answered (IBM's GraphQL cost specification has both).
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

// introspectionCost is what a question about the schema itself costs.
const introspectionCost = 10

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

// Cost is the estimated cost of an operation.
func (e *Estimator) Cost(op *Normalised, variables *Variables) int {
	return e.Prices(op).Estimate(variables)
}

// Prices compiles what the parts of an operation cost, one pass over its fields.
func (e *Estimator) Prices(op *Normalised) *Prices {
	prices := &Prices{root: price{sub: e.all(op.Fields)}}
	if op.Kind == ast.Mutation {
		prices.base = mutationCost
	}
	prices.base += introspectionCost * len(op.Introspection)
	return prices
}

// all are the prices of a selection set, by response key. Fields of one key are answered for different types of object:
// the dearest is the price.
func (e *Estimator) all(fields []*Field) map[string]*price {
	if len(fields) == 0 {
		return nil
	}
	prices := make(map[string]*price, len(fields))
	for _, field := range fields {
		if def := e.schema.Field(field.ParentType, field.Name); def != nil {
			prices[field.ResponseKey] = prices[field.ResponseKey].or(e.price(field, def))
		}
	}
	return prices
}

func (e *Estimator) price(field *Field, def *ast.FieldDefinition) *price {
	p := &price{arguments: e.arguments(def, field), item: e.weight(def), sub: e.all(field.Fields)}
	if directive := def.Directives.ForName(e.cost); directive != nil {
		p.empty = weightOf(directive)
	}
	if def.Type.Elem == nil && def.Directives.ForName(e.listSize) == nil {
		return p
	}
	p.sizes = []sizing{e.sizing(field, def)}
	return p
}

// sizing reads what tells the size of a list.
func (e *Estimator) sizing(field *Field, def *ast.FieldDefinition) sizing {
	s := sizing{list: def.Type.Elem != nil, otherwise: e.otherwise}
	directive := def.Directives.ForName(e.listSize)
	if directive == nil {
		return s
	}
	if slicing := directive.Arguments.ForName("slicingArguments"); slicing != nil {
		for _, name := range slicing.Value.Children {
			if value := argumentValue(def, field, name.Value.Raw); value != nil {
				s.slicing = append(s.slicing, value)
			}
		}
	}
	if assumed := directive.Arguments.ForName("assumedSize"); assumed != nil {
		s.assumed = parseSize(assumed.Value.Raw)
	}
	if fields := directive.Arguments.ForName("sizedFields"); fields != nil {
		for _, name := range fields.Value.Children {
			s.passed = append(s.passed, name.Value.Raw)
		}
	}
	if len(s.passed) > 0 {
		s.keys = responseKeys(field, s.passed)
	}
	return s
}

// responseKeys are the keys that subfields of some names have in the response.
func responseKeys(field *Field, names []string) map[string]bool {
	keys := map[string]bool{}
	for _, sub := range field.Fields {
		if slices.Contains(names, sub.Name) {
			keys[sub.ResponseKey] = true
		}
	}
	return keys
}

// argumentValue is the value of an argument, or its default; nil if there is neither.
func argumentValue(def *ast.FieldDefinition, field *Field, name string) *ast.Value {
	if argument := field.Arguments.ForName(name); argument != nil {
		return argument.Value
	}
	if argument := def.Arguments.ForName(name); argument != nil {
		return argument.DefaultValue
	}
	return nil
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
