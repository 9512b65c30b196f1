package resolver

import (
	"context"

	"devportal.internal/graph/interfaceobject"
	"devportal.internal/internal/events"
	"devportal.internal/subgraphs/docs"
	"devportal.internal/subgraphs/docs/view"
)

// showBuild says what an event is to the caller, by the rights that the caller has at that moment. The site is read as it
// is now: one that is gone by now was removed, which a later event tells too.
func (r *Resolver) showBuild(ctx context.Context, event events.Event) (*view.DocsBuild, bool, error) {
	access, err := r.access(ctx)
	if err != nil {
		return nil, false, err
	}
	change, err := docs.ParseChange(event)
	if err != nil {
		return nil, false, err
	}
	result, visible := change.SeenBy(access)
	if !visible {
		return nil, false, nil
	}
	build := &view.DocsBuild{Cursor: event.Cursor.String(), Result: result}
	if result == docs.BuildRemoved {
		return build, false, nil
	}
	found, err := r.store.Sites(ctx, []string{change.EntityID()}, access)
	if err != nil {
		return nil, false, err
	}
	if site, ok := found[change.EntityID()]; ok {
		build.Site = view.NewSite(site, interfaceobject.NewSiblings(site.EntityID))
	} else {
		build.Result = docs.BuildRemoved
	}
	return build, false, nil
}
