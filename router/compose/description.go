package compose

import "strings"

// mergeDescription takes the description that most subgraphs give, the first of them in a tie.
func (m *merger) mergeDescription(sources []*string, what, coordinate string) string {
	counts := map[string]int{}
	var order []string
	for _, d := range sources {
		if d == nil || *d == "" {
			continue
		}
		if counts[*d] == 0 {
			order = append(order, *d)
		}
		counts[*d]++
	}
	if len(order) == 0 {
		return ""
	}
	best := order[0]
	for _, d := range order[1:] {
		if counts[d] > counts[best] {
			best = d
		}
	}
	if len(order) > 1 {
		m.hintDescriptions(sources, what, coordinate, best)
	}
	return best
}

func (m *merger) hintDescriptions(sources []*string, what, coordinate, best string) {
	by := map[string][]string{}
	var others []string
	for i, d := range sources {
		if d == nil || *d == "" {
			continue
		}
		if by[*d] == nil && *d != best {
			others = append(others, *d)
		}
		by[*d] = append(by[*d], m.sourceName(i))
	}
	lines := make([]string, len(others))
	for i, d := range others {
		lines[i] = "In " + quotedGraphs(by[d]) + ", the description is:\n" + indent(d)
	}
	m.hintOn(coordinate, HintInconsistentDescription, "%s has inconsistent descriptions across subgraphs. The supergraph will use description (from %s):\n%s\n%s",
		strings.ToUpper(what[:1])+what[1:], quotedGraphs(by[best]), indent(best), strings.Join(lines, "\n"))
}

// sourceName names the graph of a source.
func (m *merger) sourceName(i int) string { return m.graphs[i].name }

func indent(description string) string {
	return "  \"\"\"\n  " + strings.ReplaceAll(description, "\n", "\n  ") + "\n  \"\"\""
}
