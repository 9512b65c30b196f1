package resolver

import (
	"context"

	"devportal.internal/internal/events"
	"devportal.internal/subgraphs/kubernetes"
	"devportal.internal/subgraphs/kubernetes/view"
)

// showChange says what an event is to the caller, by the rights that the caller has at that moment.
func (r *Resolver) showChange(ctx context.Context, event events.Event) (*view.WorkloadChange, bool, error) {
	access, err := r.access(ctx)
	if err != nil {
		return nil, false, err
	}
	change, err := kubernetes.ParseChange(event)
	if err != nil {
		return nil, false, err
	}
	kind, visible := change.SeenBy(access)
	if !visible {
		return nil, false, nil
	}
	return view.NewWorkloadChange(event.Cursor.String(), kind, change), false, nil
}
