package ingest

import (
	"context"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/catalog"
)

// Register stores a location that a client names, and reads it at once. One of which nothing can be read is refused.
func (k *Keeper) Register(ctx context.Context, kind, target string) (*catalog.Location, error) {
	const op = "ingest.Register"
	location, err := k.normalise(catalog.Location{
		Type: kind, Target: target, Registered: true, AllowedKinds: append([]string{}, k.opts.RegisteredKinds...),
	})
	if err != nil {
		return nil, blame(err, "target")
	}
	reading, trail, err := k.reader.read(ctx, location)
	if err != nil {
		return nil, err
	}
	if len(reading.Visited) == 0 {
		return nil, unusable(op, reading)
	}
	if location.ID, err = k.opts.Store.AddLocation(ctx, location); err != nil {
		return nil, err
	}
	reading.Location = location
	receipt, err := k.opts.Store.Apply(ctx, reading, k.opts.OrphanPolicy)
	if err != nil {
		return nil, err
	}
	k.watch.cover(location.ID, trail)
	if err := k.settled(ctx, receipt); err != nil {
		return nil, err
	}
	stored, err := k.opts.Store.Locations(ctx, []string{location.ID})
	return stored[location.ID], err
}

// unusable says why nothing could be read of a location.
func unusable(op string, reading catalog.Reading) error {
	if len(reading.Errors) == 0 {
		return fault.Invalid(op, "nothing can be read from there").WithCode(CodeTargetNotFound).At("input", "target")
	}
	first := reading.Errors[0]
	return fault.Invalid(op, "%s", first.Message).WithCode(first.Code).At("input", "target")
}

// blame gives a fault without a path that of an input field.
func blame(err error, field string) error {
	if len(fault.Path(err)) > 0 {
		return err
	}
	message, _ := fault.Message(err)
	return fault.New(fault.KindOf(err), "ingest.Register", "%s", message).WithCode(fault.Code(err)).At("input", field)
}

// CodeLocationConfigured is the code of the fault that forgetting a location of the settings causes.
const CodeLocationConfigured = "LOCATION_CONFIGURED"

// Unregister forgets a registered location and the entities that were read from it.
func (k *Keeper) Unregister(ctx context.Context, id string) error {
	const op = "ingest.Unregister"
	locations, err := k.opts.Store.Locations(ctx, []string{id})
	if err != nil {
		return err
	}
	location, ok := locations[id]
	if !ok {
		return fault.NotFound(op, "there is no such location").WithCode(CodeTargetNotFound).At("input", "id")
	}
	if !location.Registered {
		return fault.Conflict(op, "the portal's settings name this location: take it out there").
			WithCode(CodeLocationConfigured).At("input", "id")
	}
	receipt, err := k.opts.Store.RemoveLocation(ctx, id)
	if err != nil {
		return err
	}
	k.watch.forget(id)
	return k.settled(ctx, receipt)
}

// Refresh reads a location again, now.
func (k *Keeper) Refresh(ctx context.Context, locationID string) error {
	receipt, err := k.refresh(ctx, locationID)
	if err != nil {
		return err
	}
	return k.settled(ctx, receipt)
}
