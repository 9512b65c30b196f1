package resolver

import (
	"context"
	"encoding/json"

	"devportal.internal/graph/authorize"
	"devportal.internal/graph/interfaceobject"
	"devportal.internal/graph/loader"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/events"
	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/cost"
	"devportal.internal/subgraphs/cost/postgres"
	"devportal.internal/subgraphs/cost/view"
)

// defaultDays is how many days are meant where a client says null.
const defaultDays = 30

// Resolver is the root of all resolvers. Make one with [New].
type Resolver struct {
	store *postgres.Store
	log   *events.Log
	gate  authorize.Gate
	costs *loader.Source[entityDays, *cost.Cost]
}

// entityDays asks for the cost of an entity over the last days.
type entityDays struct {
	uid  string
	days int
}

// siblingDays is that they are asked for the entities of one request.
type siblingDays struct {
	of   *interfaceobject.Siblings
	days int
}

func daysOfAll(uids []string, days int) []entityDays {
	keys := make([]entityDays, len(uids))
	for i, uid := range uids {
		keys[i] = entityDays{uid, days}
	}
	return keys
}

// New makes the resolvers over a store and the event log, deciding with the gate.
func New(store *postgres.Store, log *events.Log, gate authorize.Gate) *Resolver {
	r := &Resolver{store: store, log: log, gate: gate}
	r.costs = loader.New(r.loadCosts)
	return r
}

// loadCosts takes one statement for each number of days that is asked for.
func (r *Resolver) loadCosts(ctx context.Context, keys []entityDays) (map[entityDays]*cost.Cost, error) {
	access, err := r.access(ctx)
	if err != nil {
		return nil, err
	}
	byDays := make(map[int][]string)
	for _, key := range keys {
		byDays[key.days] = append(byDays[key.days], key.uid)
	}
	costs := make(map[entityDays]*cost.Cost, len(keys))
	for days, uids := range byDays {
		found, err := r.store.EntityCosts(ctx, uids, days, access)
		if err != nil {
			return nil, err
		}
		for uid, of := range found {
			costs[entityDays{uid, days}] = &of
		}
	}
	return costs, nil
}

// access is what the caller may see of costs: those of the entities that may be read, of which the costs may be read.
// Who may read no costs at all is refused.
func (r *Resolver) access(ctx context.Context) (authz.Decision, error) {
	costs, err := r.gate.Require(ctx, "cost.access", authz.CostRead)
	if err != nil {
		return authz.Deny(), err
	}
	entities, err := r.gate.Access(ctx, authz.CatalogEntityRead)
	if err != nil {
		return authz.Deny(), err
	}
	return costs.And(entities), nil
}

// days is the number of days that an argument means; one that cannot be is invalid.
func days(last *int32) (int, error) {
	if last == nil {
		return defaultDays, nil
	}
	_, err := cost.LastDays(int(*last), cost.Day{})
	return int(*last), err
}

// showAlert says what an event is to the caller, by the rights that the caller has at that moment.
func (r *Resolver) showAlert(ctx context.Context, event events.Event) (*view.CostAlert, bool, error) {
	access, err := r.access(ctx)
	if err != nil {
		return nil, false, err
	}
	var alert cost.Alert
	if err := json.Unmarshal(event.Payload, &alert); err != nil {
		return nil, false, fault.Internal("cost.showAlert", err)
	}
	visible, err := r.store.Visible(ctx, []string{alert.EntityID}, access)
	if err != nil || len(visible) == 0 {
		return nil, false, err
	}
	return view.NewCostAlert(event.Cursor.String(), alert), false, nil
}
