package catalog

import (
	"encoding/json"
	"slices"
)

// LocationTargets gives the targets of a Location's spec: `target`, then `targets`, without repeats.
func LocationTargets(spec json.RawMessage) []string {
	var fields struct {
		Target  string
		Targets []string
	}
	_ = json.Unmarshal(spec, &fields)
	targets := []string{}
	for _, target := range append([]string{fields.Target}, fields.Targets...) {
		if target != "" && !slices.Contains(targets, target) {
			targets = append(targets, target)
		}
	}
	return targets
}

// LocationIsOptional says whether a Location's spec leaves it open that its targets are there.
func LocationIsOptional(spec json.RawMessage) bool {
	var fields struct{ Presence string }
	return json.Unmarshal(spec, &fields) == nil && fields.Presence == "optional"
}
