package compose

import "strings"

// mergeDescription takes the description that most subgraphs give, the first of them in a tie.
func (m *merger) mergeDescription(sources []*string, what string) string {
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
		m.hint(HintInconsistentDescription, "The %s has inconsistent descriptions across subgraphs. "+
			"The supergraph will use description:\n%s", what, indent(best))
	}
	return best
}

func indent(description string) string {
	return "  \"\"\"\n  " + strings.ReplaceAll(description, "\n", "\n  ") + "\n  \"\"\""
}
