package view

import (
	"context"
	"encoding/json"

	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/catalog"
)

// Spec is the spec of the entity's file. Whoever sees only a part of the catalog gets it without the refs of what they
// may not see.
func (v entity) Spec(ctx context.Context) (any, error) {
	access, err := v.g.gate.Access(ctx, authz.CatalogEntityRead)
	if err != nil || access.Allowed() {
		return v.e.Spec, err
	}
	if _, err := catalog.RefsIn(v.e.Namespace, v.e.Spec); err != nil {
		return nil, fault.Internal("catalog.Spec", err)
	}
	hidden, err := v.hiddenRefs(ctx, "spec", func(e *catalog.Entity) []string {
		refs, _ := catalog.RefsIn(e.Namespace, e.Spec) // an entity whose refs are too many fails by itself
		return refs
	})
	if err != nil || len(hidden) == 0 {
		return v.e.Spec, err
	}
	return catalog.WithoutRefs(v.e.Namespace, v.e.Spec, hidden)
}

// Annotations are the entity's annotations, without those that are the ref of something hidden.
func (v entity) Annotations(ctx context.Context) ([]*KeyValue, error) {
	hidden, err := v.hiddenRefs(ctx, "annotations", annotatedRefs)
	if err != nil {
		return nil, err
	}
	shown := make(map[string]string, len(v.e.Annotations))
	for key, value := range v.e.Annotations {
		if ref, ok := entityindex.AsRef(value, v.e.Namespace); !ok || !hidden[ref] {
			shown[key] = value
		}
	}
	return keyValues(shown), nil
}

// annotatedRefs are the annotations' values that are refs.
func annotatedRefs(e *catalog.Entity) (refs []string) {
	for _, value := range e.Annotations {
		if ref, ok := entityindex.AsRef(value, e.Namespace); ok {
			refs = append(refs, ref)
		}
	}
	return refs
}

// hiddenRefs gives those of the refs in a field that name something which whoever is asking may not see. Who sees everything
// costs no statement.
func (v entity) hiddenRefs(ctx context.Context, field string, refsOf func(*catalog.Entity) []string) (map[string]bool, error) {
	refs := refsOf(v.e)
	access, err := v.g.gate.Access(ctx, authz.CatalogEntityRead)
	if err != nil || access.Allowed() || len(refs) == 0 {
		return nil, err
	}
	expect(ctx, v, v.g.hidden, field, refsOf)
	answers, err := v.g.hidden.LoadAll(ctx, refs)
	if err != nil {
		return nil, err
	}
	hidden := map[string]bool{}
	for i, ref := range refs {
		if answers[i] {
			hidden[ref] = true
		}
	}
	return hidden, nil
}

// fields decodes the spec's own fields; what is in the store was an object when it was validated.
func (v entity) fields() map[string]json.RawMessage {
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(v.e.Spec, &fields)
	return fields
}

// specText gives a field of the spec that is a string; "" when it is not.
func (v entity) specText(field string) string {
	var text string
	_ = json.Unmarshal(v.fields()[field], &text)
	return text
}

// specRef reads a field of the spec that is a ref, in its full form; "" when it is not.
func specRef(field, kind string) func(*catalog.Entity) string {
	return func(e *catalog.Entity) string {
		ref, err := catalog.ParseRef(entity{e: e}.specText(field), kind, e.Namespace)
		if err != nil {
			return ""
		}
		return ref.String()
	}
}

func (v entity) profile() *EntityProfile {
	var profile struct{ DisplayName, Email, Picture string }
	raw, given := v.fields()["profile"]
	if !given || json.Unmarshal(raw, &profile) != nil {
		return nil
	}
	return &EntityProfile{
		DisplayName: optional(profile.DisplayName), Email: optional(profile.Email), Picture: optional(profile.Picture),
	}
}
