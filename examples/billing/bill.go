package main

import (
	"hash/fnv"
	"time"
)

const days = 120

// firstDay is the first day of the bill; its last is 2026-11-19.
func firstDay() time.Time { return time.Date(2026, time.July, 23, 0, 0, 0, 0, time.UTC) }

// charge is one line of the bill.
type charge struct {
	item
	start, end  time.Time
	category    string
	class       string
	description string
	list        micro
	billed      micro
	effective   micro
}

// bill makes all charges: by day, the items first, then what happens once.
func bill() []charge {
	var charges []charge
	for n := range days {
		day := firstDay().AddDate(0, 0, n)
		for _, item := range items() {
			charges = append(charges, item.use(day, n))
		}
		charges = append(charges, occasional(day)...)
	}
	return charges
}

// use is what one day of an item costs: its price, with growth, the rhythm of the week, and some noise.
func (i item) use(day time.Time, n int) charge {
	cost := i.daily + i.daily*micro(i.growth*n)/30_000
	if weekday := day.Weekday(); weekday == time.Saturday || weekday == time.Sunday {
		cost = cost * micro(i.weekend) / 100
	}
	cost += cost * noise(i.resource, day) / 1000
	if isAnomaly(i.resource, day) {
		cost *= 9
	}
	c := charge{
		item: i, start: day, end: day.AddDate(0, 0, 1), category: "Usage", description: i.service.name + " use",
		list: cost * 108 / 100, billed: cost, effective: cost,
	}
	if i.prepaid {
		c.billed, c.effective = 0, cost*72/100
		c.description += ", covered by a commitment"
	}
	return c
}

// isAnomaly is the night on which prices were computed in a loop until somebody noticed.
func isAnomaly(resource string, day time.Time) bool {
	return resource == "node/pricing-service" && day.Format(time.DateOnly) == "2026-11-04"
}

// noise is between -40 and 40 per mille, the same each time for the same item and day.
func noise(resource string, day time.Time) micro {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(resource + day.Format(time.DateOnly)))
	return micro(sum.Sum32()%81) - 40
}
