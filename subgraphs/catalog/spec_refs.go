package catalog

import (
	"encoding/json"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
)

// specRefs finds every ref that a spec names: in the fields that hold refs, and wherever a text looks like one with a kind.
func specRefs(namespace string) entityindex.Refs {
	return entityindex.Refs{Parse: func(field, text string) (string, bool) {
		implied := impliedKind(field)
		if implied == "" {
			return entityindex.AsRef(text, namespace)
		}
		ref, err := ParseRef(text, implied, namespace)
		return ref.String(), err == nil
	}}
}

// RefsIn gives every ref that a spec names; it fails where they are too many.
func RefsIn(namespace string, spec json.RawMessage) ([]string, error) {
	return specRefs(namespace).In(spec)
}

// WithoutRefs gives the spec without the refs for which hidden is true: a field that is one goes, a list loses it.
func WithoutRefs(namespace string, spec json.RawMessage, hidden map[string]bool) (json.RawMessage, error) {
	kept, err := specRefs(namespace).Without(spec, hidden)
	if err != nil {
		return nil, fault.Internal("catalog.WithoutRefs", err)
	}
	return kept, nil
}

// impliedKind gives the kind that refs in a field of this name mean; "" when the field implies none.
func impliedKind(field string) string {
	for _, rule := range kinds() {
		for _, relation := range rule.relations {
			if relation.field == field {
				return relation.kind
			}
		}
	}
	return ""
}
