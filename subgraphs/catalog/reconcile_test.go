package catalog_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/internal/entityindex"
	"devportal.internal/subgraphs/catalog"
)

func emits(ref, hash string) catalog.Emitted {
	return catalog.Emitted{Source: "f", Validated: catalog.Validated{
		Entity: catalog.Entity{Entity: entityindex.Entity{Ref: ref}, Hash: hash},
	}}
}

// outcome is what Reconcile comes to, in short.
type outcome struct {
	Write, Mark, Delete []string
	Conflicts           int
}

func TestReconcile(t *testing.T) {
	t.Parallel()
	ours := catalog.Kept{ID: "1", Ref: "a", LocationID: "l", Source: "f", Hash: "h"}
	faulty := catalog.EntityStatusItem{Level: catalog.StatusError, Code: "X", Message: "m"}
	theirs, orphan, marked := ours, ours, ours
	theirs.LocationID, orphan.Orphan = "other", true
	orphan.LocationID = "other"
	marked.Status = []catalog.EntityStatusItem{faulty}
	tests := map[string]struct {
		reading catalog.Reading
		stored  []catalog.Kept
		policy  string
		want    outcome
	}{
		"what is new is written":                       {catalog.Reading{Entities: []catalog.Emitted{emits("a", "h")}}, nil, "", outcome{Write: []string{"a"}}},
		"what is the same is not":                      {catalog.Reading{Entities: []catalog.Emitted{emits("a", "h")}}, []catalog.Kept{ours}, "", outcome{}},
		"what is different is":                         {catalog.Reading{Entities: []catalog.Emitted{emits("a", "i")}}, []catalog.Kept{ours}, "", outcome{Write: []string{"a1"}}},
		"what is mended loses its status":              {catalog.Reading{Entities: []catalog.Emitted{emits("a", "h")}}, []catalog.Kept{marked}, "", outcome{Mark: []string{"a"}}},
		"what another location has is a conflict":      {catalog.Reading{Entities: []catalog.Emitted{emits("a", "i")}}, []catalog.Kept{theirs}, "", outcome{Conflicts: 1}},
		"what nobody emits any more may be taken over": {catalog.Reading{Entities: []catalog.Emitted{emits("a", "h")}}, []catalog.Kept{orphan}, "", outcome{Write: []string{"a1"}}},
		"what is gone is deleted":                      {catalog.Reading{}, []catalog.Kept{ours}, catalog.OrphansDeleted, outcome{Delete: []string{"1"}}},
		"or kept as an orphan":                         {catalog.Reading{}, []catalog.Kept{ours}, catalog.OrphansKept, outcome{Mark: []string{"a orphan"}}},
		"what is faulty stays, and says so":            {catalog.Reading{Faulty: map[string]catalog.EntityStatusItem{"a": faulty}}, []catalog.Kept{ours}, "delete", outcome{Mark: []string{"a X"}}},
		"and says so once":                             {catalog.Reading{Faulty: map[string]catalog.EntityStatusItem{"a": faulty}}, []catalog.Kept{marked}, "delete", outcome{}},
		"what could not be read stays":                 {catalog.Reading{Unread: map[string]catalog.EntityStatusItem{"f": faulty}}, []catalog.Kept{ours}, "delete", outcome{Mark: []string{"a X"}}},
		"what may have been missed stays":              {catalog.Reading{Partial: true}, []catalog.Kept{ours}, "delete", outcome{}},
		"what was looked for and missed goes":          {catalog.Reading{Partial: true, Visited: map[string]bool{"f": true}}, []catalog.Kept{ours}, "delete", outcome{Delete: []string{"1"}}},
		"what is another location's is left alone":     {catalog.Reading{}, []catalog.Kept{theirs}, "delete", outcome{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.reading.Location.ID = "l"
			changes := catalog.Reconcile(tt.reading, tt.stored, tt.policy)
			got := outcome{Delete: changes.Delete, Conflicts: len(changes.Conflicts)}
			for _, w := range changes.Write {
				got.Write = append(got.Write, w.Entity.Ref+w.ID)
			}
			for _, m := range changes.Mark {
				text := m.Ref
				if m.Orphan {
					text += " orphan"
				}
				for _, item := range m.Status {
					text += " " + item.Code
				}
				got.Mark = append(got.Mark, text)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}
