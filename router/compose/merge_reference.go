package compose

import (
	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// typeMerge says what is merged, for messages.
type typeMerge struct {
	what       string // "field" or "argument"
	coordinate string
	graphs     []*graph
	input      bool // arguments and input fields take the narrowest type, fields the widest
	mismatch   federation.Code
	compatible HintCode
}

// mergeType merges type references: the widest of an output position, the narrowest of an input position. equal is
// set when all sources have the same.
func (m *merger) mergeType(sources []*ast.Type, tm typeMerge) (merged *ast.Type, equal bool) {
	equal = true
	compatible := true
	for _, t := range sources {
		switch {
		case t == nil:
		case merged == nil || merged.String() == t.String():
			merged = t
		case m.out.isStrictSubtype(t, merged):
			equal = false
			if tm.input {
				merged = t
			}
		case m.out.isStrictSubtype(merged, t):
			equal = false
			if !tm.input {
				merged = t
			}
		default:
			equal, compatible = false, false
		}
	}
	if !equal {
		m.reportTypes(sources, merged, compatible, tm)
	}
	return merged, equal
}

func (m *merger) reportTypes(sources []*ast.Type, merged *ast.Type, compatible bool, tm typeMerge) {
	var values, graphs []string
	for i, t := range sources {
		if t != nil {
			values, graphs = append(values, `type "`+t.String()+`"`), append(graphs, tm.graphs[i].name)
		}
	}
	if !compatible {
		m.failOn(tm.coordinate, tm.mismatch, "Type of %s %q is incompatible across subgraphs: it has %s", tm.what, tm.coordinate, distribution(values, graphs))
		return
	}
	m.hintOn(tm.coordinate, tm.compatible, "Type of %s %q is inconsistent but compatible across subgraphs: will use type %q in the supergraph, but %s",
		tm.what, tm.coordinate, merged, distribution(values, graphs))
}
