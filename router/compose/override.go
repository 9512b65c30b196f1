package compose

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// overridden is what @override did to a graph's field. used and unused say that another graph resolves it instead, and
// whether this graph still needs it in field sets or for interfaces. label is set on both sides of a progressive override.
type overridden struct {
	used, unused bool
	label        string

	// overriding is set on the side of a progressive override that takes over.
	overriding bool
}

// overrideAt is a field of a graph.
type overrideAt struct {
	graph           int
	typeName, field string
}

var (
	overrideLabel   = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_\-:./]*$`)
	overridePercent = regexp.MustCompile(`^percent\((\d{1,2}(\.\d{1,8})?|100)\)$`)
)

// resolveOverrides applies every @override on the field's sources.
func (fm *fieldMerge) resolveOverrides() []overridden {
	result := make([]overridden, len(fm.sources))
	for i, f := range fm.sources {
		if d := fm.overrideOn(i, f); d != nil {
			fm.resolveOverride(i, d, result)
		}
	}
	for i, o := range result {
		if o != (overridden{}) {
			fm.overrides[overrideAt{i, fm.parent.Name, fm.name}] = o
		}
		if o.label != "" {
			fm.labelOf[fm.coordinate()] = o.label
		}
	}
	return result
}

func (fm *fieldMerge) overrideOn(i int, f *ast.FieldDefinition) *ast.Directive {
	if f == nil {
		return nil
	}
	applied := fm.graphs[i].Applied(federation.Override, f.Directives)
	if len(applied) == 0 {
		return nil
	}
	return applied[0]
}

func (fm *fieldMerge) resolveOverride(to int, d *ast.Directive, result []overridden) {
	g := fm.graphs[to]
	from, _ := federation.StringArg(d, "from")
	source := slices.IndexFunc(fm.graphs, func(g *graph) bool { return g.name == from })
	switch {
	case g.Types[fm.parent.Name].Kind == ast.Interface:
		fm.failAt(federation.ErrOverrideOnInterface, g, d.Position,
			"@override cannot be used on field %q on subgraph %q: @override is not supported on interface type fields.", fm.coordinate(), g.name)
	case g.isInterfaceObject(fm.types[to]):
		fm.collision(g, d, fm.graphs[to], "interfaceObject", "is not supported on fields of")
	case from == g.name:
		fm.failAt(federation.ErrOverrideFromSelfError, g, d.Position,
			"Source and destination subgraphs %q are the same for overridden field %q", from, fm.coordinate())
	case source < 0:
		fm.hintAt(HintFromSubgraphDoesNotExist, g, d.Position, "Source subgraph %q for field %q on subgraph %q does not exist.%s",
			from, fm.coordinate(), g.name, fm.didYouMeanGraph(from, g.name))
	case fm.overrideOn(source, fm.sources[source]) != nil:
		fm.failAt(federation.ErrOverrideSourceHasOverride, g, d.Position,
			"Field %q on subgraph %q is also marked with directive @override in subgraph %q. Only one @override directive is allowed per field.",
			fm.coordinate(), g.name, from)
	case fm.sources[source] == nil:
		fm.hintAt(HintOverrideDirectiveCanBeRemoved, g, d.Position, "Field %q on subgraph %q no longer exists in the from subgraph. "+
			"The @override directive can be removed.", fm.coordinate(), g.name)
	default:
		fm.takeOver(to, source, d, result)
	}
}

// takeOver lets graph `to` resolve the field of graph `from`, now or progressively.
func (fm *fieldMerge) takeOver(to, from int, d *ast.Directive, result []overridden) {
	if fm.overrideCollides(to, from, d) {
		return
	}
	g, source := fm.graphs[from], fm.sources[from]
	label, _ := federation.StringArg(d, "label")
	labelled := label != ""
	if labelled && !validOverrideLabel(label) {
		labelled = false
		fm.failAt(federation.ErrOverrideLabelInvalid, fm.graphs[to], d.Position, "Invalid @override label %q on field %q on subgraph %q: "+
			"labels must start with a letter and after that may contain alphanumerics, underscores, minuses, colons, periods, or slashes. "+
			"Alternatively, labels may be of the form \"percent(x)\" where x is a float between 0-100 inclusive.",
			label, fm.coordinate(), fm.graphs[to].name)
	}
	switch {
	case g.isExternal(source):
		fm.hintAt(HintOverrideDirectiveCanBeRemoved, fm.graphs[to], d.Position, "Field %q on subgraph %q is not resolved anymore by the from subgraph (it is marked "+
			"\"@external\" in %q). The @override directive can be removed.", fm.coordinate(), fm.graphs[to].name, g.name)
	case labelled:
		result[from].used = g.IsUsed(source)
		result[to].label, result[to].overriding = label, true
		result[from].label = label
		fm.hintAt(HintOverrideMigrationInProgress, g, source.Position, "Field %q is currently being migrated with progressive @override. "+
			"Once the migration is complete, remove the field from subgraph %q.", fm.coordinate(), g.name)
	case g.IsUsed(source):
		result[from].used = true
		fm.hintAt(HintOverriddenFieldCanBeRemoved, g, source.Position, "Field %q on subgraph %q is overridden. It is still used in some federation directive(s) "+
			"(@key, @requires, and/or @provides) and/or to satisfy interface constraint(s), but consider marking it @external explicitly "+
			"or removing it along with its references.", fm.coordinate(), g.name)
	default:
		result[from].unused = true
		fm.hintAt(HintOverriddenFieldCanBeRemoved, g, source.Position, "Field %q on subgraph %q is overridden. Consider removing it.", fm.coordinate(), g.name)
	}
}

func validOverrideLabel(label string) bool {
	if overrideLabel.MatchString(label) {
		return true
	}
	if !overridePercent.MatchString(label) {
		return false
	}
	percent, err := strconv.ParseFloat(label[len("percent("):len(label)-1], 64)
	return err == nil && percent >= 0 && percent <= 100
}

// overrideCollides reports directives that cannot be overridden, or cannot override.
func (fm *fieldMerge) overrideCollides(to, from int, d *ast.Directive) bool {
	for _, side := range []int{to, from} {
		g, f := fm.graphs[side], fm.sources[side]
		colliding := []federation.DirectiveName{federation.Requires, federation.Provides}
		if side == to {
			colliding = []federation.DirectiveName{federation.External}
		}
		for _, name := range colliding {
			if name != federation.External && g.Has(name, f.Directives) || name == federation.External && g.isExternal(f) {
				fm.collision(fm.graphs[to], d, g, string(name), "is marked with directive")
				return true
			}
		}
	}
	return false
}

func (fm *fieldMerge) collision(g *graph, d *ast.Directive, other *graph, name, how string) {
	fm.failAt(federation.ErrOverrideCollisionWithAnotherDirective, g, d.Position,
		"@override cannot be used on field %q on subgraph %q since %q on %q %s \"@%s\"",
		fm.coordinate(), g.name, fm.coordinate(), other.name, how, name)
}

func (m *merger) didYouMeanGraph(name, not string) string {
	best, distance := "", len(name)/2+2
	for _, g := range m.graphs {
		if d := editDistance(name, g.name); g.name != not && d < distance {
			best, distance = g.name, d
		}
	}
	if best == "" {
		return ""
	}
	return ` Did you mean "` + best + `"?`
}

// editDistance is the number of single-character changes between two names.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		previous := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := previous
			if a[i-1] != b[j-1] {
				cost = min(previous, row[j], row[j-1]) + 1
			}
			previous, row[j] = row[j], cost
		}
	}
	return row[len(b)]
}
