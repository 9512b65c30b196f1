package cost

import (
	"cmp"
	"slices"
	"time"

	"github.com/quagmt/udecimal"

	"devportal.internal/internal/fault"
)

// MaxDays is the longest period that can be asked for, in days.
const MaxDays = 400

// Period is some days, both ends included.
type Period struct{ From, To Day }

// LastDays is the period of n days that ends with last. A number outside 1 to [MaxDays] is invalid.
func LastDays(n int, last Day) (Period, error) {
	if n < 1 || n > MaxDays {
		return Period{}, fault.Invalid("cost.LastDays", "last is %d; it must be from 1 to %d days", n, MaxDays).
			WithCode("INVALID_PERIOD").At("last")
	}
	return Period{From: last.AddDate(0, 0, 1-n), To: last}, nil
}

// Days is the number of days in the period.
func (p Period) Days() int { return int(p.To.Sub(p.From)/(24*time.Hour)) + 1 }

// Before is the period of as many days that ends where this one starts.
func (p Period) Before() Period {
	return Period{From: p.From.AddDate(0, 0, -p.Days()), To: p.From.AddDate(0, 0, -1)}
}

// contains says whether the day lies in the period.
func (p Period) contains(day Day) bool { return !day.Before(p.From) && !day.After(p.To) }

// Fact is what an entity, or nothing that is known (EntityID ""), cost on a day for a service.
type Fact struct {
	EntityID string
	Day      Day
	Service  string
	Amount   udecimal.Decimal
}

// Cost is what something cost over a period. Daily and ByService each add up to Total.
type Cost struct {
	Period    Period
	Currency  string
	Total     udecimal.Decimal
	Previous  udecimal.Decimal
	Daily     []DayAmount
	ByService []ServiceAmount
}

// DayAmount is what one day cost.
type DayAmount struct {
	Day    Day
	Amount udecimal.Decimal
}

// ServiceAmount is what one service cost.
type ServiceAmount struct {
	Service string
	Amount  udecimal.Decimal
}

// EntityAmount is what one entity cost.
type EntityAmount struct {
	EntityID string
	Amount   udecimal.Decimal
}

// Summarise adds facts up over a period; facts of the period before make Previous, any others are left out. Days
// without a fact cost zero.
func Summarise(period Period, currency string, facts []Fact) Cost {
	before := period.Before()
	daily := make([]DayAmount, period.Days())
	for i := range daily {
		daily[i].Day = period.From.AddDate(0, 0, i)
	}
	cost := Cost{Period: period, Currency: currency, Daily: daily}
	services := make(map[string]udecimal.Decimal)
	for _, fact := range facts {
		switch {
		case period.contains(fact.Day):
			index := int(fact.Day.Sub(period.From) / (24 * time.Hour))
			daily[index].Amount = daily[index].Amount.Add(fact.Amount)
			services[fact.Service] = services[fact.Service].Add(fact.Amount)
			cost.Total = cost.Total.Add(fact.Amount)
		case before.contains(fact.Day):
			cost.Previous = cost.Previous.Add(fact.Amount)
		}
	}
	cost.ByService = dearestServices(services)
	return cost
}

func dearestServices(sums map[string]udecimal.Decimal) []ServiceAmount {
	services := make([]ServiceAmount, 0, len(sums))
	for service, amount := range sums {
		services = append(services, ServiceAmount{service, amount})
	}
	slices.SortFunc(services, func(a, b ServiceAmount) int {
		return cmp.Or(b.Amount.Cmp(a.Amount), cmp.Compare(a.Service, b.Service))
	})
	return services
}

// Growth is by how much the cost differs from the period before.
func (c Cost) Growth() udecimal.Decimal { return c.Total.Sub(c.Previous) }

// GrowthRatio is (new - old) / old; false when either is zero, as in Backstage's cost insights.
func (c Cost) GrowthRatio() (float64, bool) {
	if c.Total.IsZero() || c.Previous.IsZero() {
		return 0, false
	}
	ratio, err := c.Growth().Div(c.Previous)
	if err != nil {
		return 0, false
	}
	return ratio.InexactFloat64(), true
}

// Report is what everything together cost. Allocated and Unallocated add up to Total, Entities to Allocated.
type Report struct {
	Cost
	Allocated   udecimal.Decimal
	Unallocated udecimal.Decimal
	Entities    []EntityAmount // dearest first
}

// Totals are sums of the same facts by three measures. Entities and Services are of the period, the amount under entity
// "" being attributed to none; Days are of the period and the one before it.
type Totals struct {
	Entities []EntityAmount
	Days     []DayAmount
	Services []ServiceAmount
}

// MakeReport puts totals together: days without an amount cost zero, the dearest come first.
func MakeReport(period Period, currency string, totals Totals) Report {
	facts := make([]Fact, len(totals.Days))
	for i, day := range totals.Days {
		facts[i] = Fact{Day: day.Day, Amount: day.Amount}
	}
	report := Report{Cost: Summarise(period, currency, facts)}
	services := make(map[string]udecimal.Decimal, len(totals.Services))
	for _, service := range totals.Services {
		services[service.Service] = services[service.Service].Add(service.Amount)
	}
	report.ByService = dearestServices(services)
	entities := make(map[string]udecimal.Decimal, len(totals.Entities))
	for _, entity := range totals.Entities {
		if entity.EntityID == "" {
			report.Unallocated = report.Unallocated.Add(entity.Amount)
			continue
		}
		report.Allocated = report.Allocated.Add(entity.Amount)
		entities[entity.EntityID] = entities[entity.EntityID].Add(entity.Amount)
	}
	report.Entities = dearestEntities(entities)
	return report
}

func dearestEntities(sums map[string]udecimal.Decimal) []EntityAmount {
	entities := make([]EntityAmount, 0, len(sums))
	for id, amount := range sums {
		entities = append(entities, EntityAmount{id, amount})
	}
	slices.SortFunc(entities, func(a, b EntityAmount) int {
		return cmp.Or(b.Amount.Cmp(a.Amount), cmp.Compare(a.EntityID, b.EntityID))
	})
	return entities
}
