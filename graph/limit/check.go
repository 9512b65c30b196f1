package limit

import (
	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/internal/fault"
)

// Codes of the faults that too large a document causes: the same that the router has for them.
const (
	CodeTooComplex = "OPERATION_TOO_COMPLEX"
	// CodeFragmentCycle: a fragment spreads itself.
	CodeFragmentCycle = "GRAPHQL_VALIDATION_FAILED"
)

// Limits of one document.
type Limits struct {
	// Depth is how deep fields may lie; 0 means 50.
	Depth int
	// Fields is how many fields there may be after fragments are resolved; 0 means 10,000.
	Fields int
}

const (
	defaultDepth  = 50
	defaultFields = 10_000
)

// Check measures every operation of the document, and the fragments that none of them uses.
func Check(doc *ast.QueryDocument, limits Limits) error {
	m := &measurer{doc: doc, limits: limits.withDefaults(), fragments: map[string]size{}, open: map[string]bool{}}
	total := size{}
	for _, operation := range doc.Operations {
		total = m.both(total, m.selections(operation.SelectionSet))
	}
	for _, fragment := range doc.Fragments {
		total = m.both(total, size{depth: m.fragment(fragment.Name).depth})
	}
	return m.verdict(total)
}

func (l Limits) withDefaults() Limits {
	if l.Depth <= 0 {
		l.Depth = defaultDepth
	}
	if l.Fields <= 0 {
		l.Fields = defaultFields
	}
	return l
}

// size is what a part of a document comes to.
type size struct {
	depth, fields int
}

type measurer struct {
	doc       *ast.QueryDocument
	limits    Limits
	fragments map[string]size
	open      map[string]bool
	cycle     bool
}

func (m *measurer) selections(set ast.SelectionSet) size {
	var total size
	for _, selection := range set {
		total = m.both(total, m.selection(selection))
	}
	return total
}

func (m *measurer) selection(selection ast.Selection) size {
	switch selection := selection.(type) {
	case *ast.Field:
		below := m.selections(selection.SelectionSet)
		return size{depth: below.depth + 1, fields: m.capped(below.fields + 1)}
	case *ast.InlineFragment:
		return m.selections(selection.SelectionSet)
	case *ast.FragmentSpread:
		return m.fragment(selection.Name)
	default:
		return size{}
	}
}

func (m *measurer) fragment(name string) size {
	if known, ok := m.fragments[name]; ok {
		return known
	}
	if m.open[name] {
		m.cycle = true
		return size{}
	}
	definition := m.doc.Fragments.ForName(name)
	if definition == nil {
		return size{}
	}
	m.open[name] = true
	measured := m.selections(definition.SelectionSet)
	delete(m.open, name)
	m.fragments[name] = measured
	return measured
}

func (m *measurer) both(a, b size) size {
	return size{depth: max(a.depth, b.depth), fields: m.capped(a.fields + b.fields)}
}

func (m *measurer) capped(fields int) int { return min(fields, m.limits.Fields+1) }

func (m *measurer) verdict(total size) error {
	const op = "limit.Check"
	switch {
	case m.cycle:
		return fault.Invalid(op, "a fragment spreads itself").WithCode(CodeFragmentCycle)
	case total.depth > m.limits.Depth:
		return fault.Invalid(op, "the document is %d fields deep, at most %d are allowed", total.depth, m.limits.Depth).
			WithCode(CodeTooComplex)
	case total.fields > m.limits.Fields:
		return fault.Invalid(op, "the document asks for more than %d fields", m.limits.Fields).WithCode(CodeTooComplex)
	default:
		return nil
	}
}
