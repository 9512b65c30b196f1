package view

import (
	"time"

	"github.com/quagmt/udecimal"

	"devportal.internal/graph/interfaceobject"
	"devportal.internal/graph/relay"
	"devportal.internal/subgraphs/cost"
)

// Money is an amount in a currency.
type Money struct {
	Amount   udecimal.Decimal
	Currency string
}

// DailyCost is what one day cost.
type DailyCost struct {
	Date   time.Time
	Amount udecimal.Decimal
}

// ServiceCost is what one service cost.
type ServiceCost struct {
	Service string
	Amount  udecimal.Decimal
}

// CostChange is how a cost differs from that of the period before.
type CostChange struct {
	Amount udecimal.Decimal
	Ratio  *float64
}

// EntityCost is what one entity cost, as the graph shows it.
type EntityCost struct{ cost cost.Cost }

// NewEntityCost shows a cost.
func NewEntityCost(of cost.Cost) *EntityCost { return &EntityCost{of} }

// From is the first day.
func (c *EntityCost) From() time.Time { return c.cost.Period.From }

// To is the last day.
func (c *EntityCost) To() time.Time { return c.cost.Period.To }

// Total is what all days cost together.
func (c *EntityCost) Total() *Money { return c.money(c.cost.Total) }

// Change compares with the period before.
func (c *EntityCost) Change() *CostChange {
	change := &CostChange{Amount: c.cost.Growth()}
	if ratio, ok := c.cost.GrowthRatio(); ok {
		change.Ratio = &ratio
	}
	return change
}

// Daily is every day, in order.
func (c *EntityCost) Daily() []*DailyCost {
	daily := make([]*DailyCost, len(c.cost.Daily))
	for i, day := range c.cost.Daily {
		daily[i] = &DailyCost{Date: day.Day, Amount: day.Amount}
	}
	return daily
}

// ByService is every service, the dearest first.
func (c *EntityCost) ByService() []*ServiceCost {
	services := make([]*ServiceCost, len(c.cost.ByService))
	for i, service := range c.cost.ByService {
		services[i] = &ServiceCost{Service: service.Service, Amount: service.Amount}
	}
	return services
}

func (c *EntityCost) money(amount udecimal.Decimal) *Money {
	return &Money{Amount: amount, Currency: c.cost.Currency}
}

// CostReport is what everything cost, as the graph shows it.
type CostReport struct {
	EntityCost
	report cost.Report
}

// NewCostReport shows a report; nil shows none.
func NewCostReport(report *cost.Report) *CostReport {
	if report == nil {
		return nil
	}
	return &CostReport{EntityCost: EntityCost{report.Cost}, report: *report}
}

// Allocated is what could be attributed to entities.
func (r *CostReport) Allocated() *Money { return r.money(r.report.Allocated) }

// Unallocated is what could be attributed to none.
func (r *CostReport) Unallocated() *Money { return r.money(r.report.Unallocated) }

// Entities is a page of the entities that it was spent on, the dearest first.
func (r *CostReport) Entities(first *int32, after *string, last *int32, before *string) (*EntityCostShareConnection, error) {
	page, err := relay.Between(first, after, last, before).Page("cost.entities", 1)
	if err != nil {
		return nil, err
	}
	shares := make([]*EntityCostShare, len(r.report.Entities))
	for i, share := range r.report.Entities {
		shares[i] = &EntityCostShare{Entity: interfaceobject.New(share.EntityID), Amount: share.Amount}
	}
	byEntity := func(share *EntityCostShare) []string { return []string{share.Entity.UID} }
	return &EntityCostShareConnection{relay.Slice(shares, byEntity, page)}, nil
}

// EntityCostShare is what one entity contributes to a total.
type EntityCostShare struct {
	Entity *interfaceobject.CatalogEntity
	Amount udecimal.Decimal
}

// EntityCostShareConnection is a page of shares.
type EntityCostShareConnection struct {
	relay.Connection[*EntityCostShare]
}

// EntityCostShareEdge is an entity and its cost on a page, and its cursor.
type EntityCostShareEdge relay.Edge[*EntityCostShare]

// Edges are the entities and their costs on the page, each with its cursor.
func (c *EntityCostShareConnection) Edges() []*EntityCostShareEdge {
	return relay.Edges[EntityCostShareEdge](c.Connection)
}

// CostAlertKind is why a cost deserves a look.
type CostAlertKind string

// Anomaly: a day cost far more than the days before it.
const Anomaly CostAlertKind = "ANOMALY"

// CostAlert is an alert as the graph shows it.
type CostAlert struct {
	Cursor   string
	Kind     CostAlertKind
	Date     time.Time
	Amount   *Money
	Expected *Money
	Entity   *interfaceobject.CatalogEntity
}

// NewCostAlert shows the alert of an event with this cursor.
func NewCostAlert(cursor string, alert cost.Alert) *CostAlert {
	return &CostAlert{
		Cursor: cursor, Kind: Anomaly, Date: alert.Day, Entity: interfaceobject.New(alert.EntityID),
		Amount:   &Money{Amount: alert.Amount, Currency: alert.Currency},
		Expected: &Money{Amount: alert.Expected, Currency: alert.Currency},
	}
}
