package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Reading is what came of reading a location.
type Reading struct {
	Location Location
	// BeganAt is when reading began.
	BeganAt time.Time
	// Entities are those that passed the rules, at most one of each ref.
	Entities []Emitted
	// Faulty are the refs of documents that broke a rule, and what to say about it.
	Faulty map[string]EntityStatusItem
	// Visited are the files and URLs that were read and parsed.
	Visited map[string]bool
	// Unread are the files and URLs that could not be, and why.
	Unread map[string]EntityStatusItem
	// Partial says that something which may lead to further files could not be read: what was not visited may well be
	// emitted still.
	Partial bool
	// Errors are all that went wrong.
	Errors []LocationError
}

// Emitted is an entity that a location emits.
type Emitted struct {
	Validated
	Source     string
	Operations []Operation
}

// Kept is as much of a stored entity as reconciling needs.
type Kept struct {
	ID, Ref, LocationID, Source, Hash string
	Orphan                            bool
	Status                            []EntityStatusItem
}

// Changes are what makes the stored entities follow a reading. Every list is in the order of refs.
type Changes struct {
	// Write are new or different; an ID of "" means new.
	Write []Write
	// Mark are unchanged but for their status or being an orphan.
	Mark []Kept
	// Delete are the ids of those that go.
	Delete []string
	// Conflicts are refs that another location claims.
	Conflicts []LocationError
}

// Write is an entity to store.
type Write struct {
	ID string
	Emitted
}

// Orphan policies.
const (
	OrphansDeleted = "delete"
	OrphansKept    = "keep"
)

// CodeConflict is the code of the error that a ref which another location claims causes.
const CodeConflict = "REF_CONFLICT"

// Reconcile compares a reading with what is stored: the entities of its location, and those of the refs that it emits.
//
//  1. What is emitted is written if its hash differs, unless a living entity of another location has the ref.
//  2. What is stored and faulty or unread stays as it is and gets a status.
//  3. What is stored and no longer emitted goes, or becomes an orphan, unless the reading may have missed it.
func Reconcile(reading Reading, stored []Kept, orphanPolicy string) Changes {
	r := reconciler{reading: reading, policy: orphanPolicy, stored: map[string]Kept{}, emitted: map[string]bool{}}
	for _, kept := range stored {
		r.stored[kept.Ref] = kept
	}
	r.takeEmitted()
	for _, ref := range slices.Sorted(maps.Keys(r.stored)) {
		if kept := r.stored[ref]; kept.LocationID == reading.Location.ID && !r.emitted[ref] {
			r.takeMissing(kept)
		}
	}
	return r.changes
}

type reconciler struct {
	reading Reading
	policy  string
	stored  map[string]Kept
	emitted map[string]bool
	changes Changes
}

func (r *reconciler) takeEmitted() {
	entities := slices.SortedFunc(slices.Values(r.reading.Entities), func(a, b Emitted) int {
		return strings.Compare(a.Entity.Ref, b.Entity.Ref)
	})
	for _, e := range entities {
		ref := e.Entity.Ref
		r.emitted[ref] = true
		kept, exists := r.stored[ref]
		switch {
		case exists && kept.LocationID != r.reading.Location.ID && !kept.Orphan:
			r.conflict(e)
		case exists && kept.Hash == e.Entity.Hash && kept.LocationID == r.reading.Location.ID && kept.Source == e.Source:
			r.mark(kept, nil, false)
		default:
			r.changes.Write = append(r.changes.Write, Write{ID: kept.ID, Emitted: e})
		}
	}
}

func (r *reconciler) conflict(e Emitted) {
	r.changes.Conflicts = append(r.changes.Conflicts, LocationError{
		Code: CodeConflict, Target: e.Source,
		Message: fmt.Sprintf("%s is described in another location already; the first one that did keeps it", e.Entity.Ref),
	})
}

func (r *reconciler) takeMissing(kept Kept) {
	if item, faulty := r.reading.Faulty[kept.Ref]; faulty {
		r.mark(kept, &item, false)
		return
	}
	if item, unread := r.reading.Unread[kept.Source]; unread {
		r.mark(kept, &item, false)
		return
	}
	if r.reading.Partial && !r.reading.Visited[kept.Source] {
		return
	}
	if r.policy == OrphansKept {
		r.mark(kept, nil, true)
		return
	}
	r.changes.Delete = append(r.changes.Delete, kept.ID)
}

// mark notes what is different about an entity whose content is not.
func (r *reconciler) mark(kept Kept, item *EntityStatusItem, orphan bool) {
	var status []EntityStatusItem
	if item != nil {
		status = []EntityStatusItem{*item}
	}
	if orphan == kept.Orphan && slices.Equal(status, kept.Status) {
		return
	}
	kept.Status, kept.Orphan = status, orphan
	r.changes.Mark = append(r.changes.Mark, kept)
}
