package cost_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/quagmt/udecimal"
	"pgregory.net/rapid"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/cost"
)

func day(n int) cost.Day { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }

func amount(text string) udecimal.Decimal { return udecimal.MustParse(text) }

func TestRulesAttributeByTags(t *testing.T) {
	t.Parallel()
	costCenter := cost.Property{In: cost.Annotation, Key: "example.com/cost-center"}
	byName, byAnnotation := cost.DefaultRules(), cost.Rules{{Tag: "cost-center", Property: costCenter}}
	tests := map[string]struct {
		rules cost.Rules
		tags  cost.Tags
		want  cost.Attribution
	}{
		"a name is a component's in the default namespace": {byName, cost.Tags{"component": "checkout"}, cost.Attribution{Ref: "component:default/checkout"}},
		"the case of keys and names does not matter":       {byName, cost.Tags{"Component": "Checkout"}, cost.Attribution{Ref: "component:default/checkout"}},
		"a whole reference is taken as it is":              {byName, cost.Tags{"component": "resource:data/orders"}, cost.Attribution{Ref: "resource:data/orders"}},
		"a value that is no name attributes to nothing":    {byName, cost.Tags{"component": "not a name!"}, cost.Attribution{}},
		"an empty value attributes to nothing":             {byName, cost.Tags{"component": " "}, cost.Attribution{}},
		"without the tag, nothing":                         {byName, cost.Tags{"env": "prod"}, cost.Attribution{}},
		"an annotation's value leads to its entity":        {byAnnotation, cost.Tags{"cost-center": "42"}, cost.Attribution{Property: costCenter, Value: "42"}},
		"the first rule whose tag is there decides": {
			append(byAnnotation, byName...),
			cost.Tags{"component": "checkout", "cost-center": "42"},
			cost.Attribution{Property: costCenter, Value: "42"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, tt.rules.Attribute(tt.tags)); diff != "" {
				t.Errorf("attribution (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLedgerKnowsTheLastCompleteDay(t *testing.T) {
	t.Parallel()
	charge := func(start, end time.Time) cost.Charge { return cost.Charge{Start: start, End: end} }
	tests := map[string]struct {
		charges []cost.Charge
		want    cost.Day
	}{
		"of daily charges, the last day":              {[]cost.Charge{charge(day(1), day(2)), charge(day(2), day(3))}, day(2)},
		"a day of which hours are missing is not it":  {[]cost.Charge{charge(day(2), day(2).Add(22*time.Hour)), charge(day(1), day(2))}, day(1)},
		"a fee for the month says nothing about it":   {[]cost.Charge{charge(day(1), day(30)), charge(day(3), day(4))}, day(3)},
		"a bill of nothing but fees is complete":      {[]cost.Charge{charge(day(1), day(30))}, day(29)},
		"a bill without charges has no complete days": {nil, time.Time{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ledger := cost.NewLedger(nil)
			for _, c := range tt.charges {
				ledger.Add(c)
			}
			if got := ledger.CompleteThrough(); !got.Equal(tt.want) {
				t.Errorf("complete through %v, want %v", got, tt.want)
			}
		})
	}
}

func TestLastDaysIsBounded(t *testing.T) {
	t.Parallel()
	for _, n := range []int{-1, 0, cost.MaxDays + 1} {
		if _, err := cost.LastDays(n, day(20)); fault.Code(err) != "INVALID_PERIOD" {
			t.Errorf("LastDays(%d): %v, want INVALID_PERIOD", n, err)
		}
	}
	period, err := cost.LastDays(7, day(20))
	if err != nil || !period.From.Equal(day(14)) || period.Days() != 7 || !period.Before().To.Equal(day(13)) {
		t.Errorf("LastDays(7) = %v, %v; want 14 to 20 November", period, err)
	}
}

func TestSummariseFillsDaysWithoutCharges(t *testing.T) {
	t.Parallel()
	got := cost.Summarise(cost.Period{From: day(18), To: day(20)}, "USD", []cost.Fact{
		{Day: day(18), Service: "Compute", Amount: amount("1.10")},
		{Day: day(20), Service: "Storage", Amount: amount("2.20")},
		{Day: day(15), Service: "Compute", Amount: amount("3")},
		{Day: day(1), Service: "Compute", Amount: amount("1000")},
	})
	want := cost.Cost{
		Period: cost.Period{From: day(18), To: day(20)}, Currency: "USD", Total: amount("3.3"), Previous: amount("3"),
		Daily:     []cost.DayAmount{{day(18), amount("1.1")}, {Day: day(19)}, {day(20), amount("2.2")}},
		ByService: []cost.ServiceAmount{{"Storage", amount("2.2")}, {"Compute", amount("1.1")}},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(udecimal.Decimal.Equal)); diff != "" {
		t.Errorf("cost (-want +got):\n%s", diff)
	}
	if ratio, ok := got.GrowthRatio(); !ok || ratio != 0.1 {
		t.Errorf("growth = %v, %v; want 0.1", ratio, ok)
	}
}

func TestGrowthRatioIsAbsentWhenEitherPeriodCostNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []cost.Cost{{Total: amount("1")}, {Previous: amount("1")}, {}} {
		if ratio, ok := c.GrowthRatio(); ok {
			t.Errorf("growth of %v over %v = %v, want none", c.Total, c.Previous, ratio)
		}
	}
}

func TestPartsAlwaysAddUpToTheTotal(t *testing.T) {
	t.Parallel()
	fact := rapid.Custom(func(t *rapid.T) cost.Fact {
		return cost.Fact{
			EntityID: rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, "entity"),
			Day:      day(rapid.IntRange(1, 28).Draw(t, "day")),
			Service:  rapid.SampledFrom([]string{"Compute", "Storage", "Other"}).Draw(t, "service"),
			Amount:   udecimal.MustFromInt64(rapid.Int64Range(-1e12, 1e12).Draw(t, "coefficient"), uint8(rapid.IntRange(0, 19).Draw(t, "digits"))),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		period := cost.Period{From: day(10), To: day(20)}
		report := cost.MakeReport(period, "USD", totalsOf(period, rapid.SliceOf(fact).Draw(t, "facts")))
		var days, services, entities udecimal.Decimal
		for _, d := range report.Daily {
			days = days.Add(d.Amount)
		}
		for _, s := range report.ByService {
			services = services.Add(s.Amount)
		}
		for _, e := range report.Entities {
			entities = entities.Add(e.Amount)
		}
		if !days.Equal(report.Total) || !services.Equal(report.Total) || !entities.Add(report.Unallocated).Equal(report.Total) ||
			!entities.Equal(report.Allocated) {
			t.Fatalf("days %v, services %v, entities %v + %v; total %v", days, services, entities, report.Unallocated, report.Total)
		}
	})
}

// totalsOf sums facts by the three measures, as a store does.
func totalsOf(period cost.Period, facts []cost.Fact) cost.Totals {
	var totals cost.Totals
	for _, f := range facts {
		totals.Days = append(totals.Days, cost.DayAmount{Day: f.Day, Amount: f.Amount})
		if !f.Day.Before(period.From) && !f.Day.After(period.To) {
			totals.Entities = append(totals.Entities, cost.EntityAmount{EntityID: f.EntityID, Amount: f.Amount})
			totals.Services = append(totals.Services, cost.ServiceAmount{Service: f.Service, Amount: f.Amount})
		}
	}
	return totals
}

func TestAnomaliesAreReportedOnceAtTheStartOfANewLevel(t *testing.T) {
	t.Parallel()
	var daily []cost.DayAmount
	for n := 1; n <= 20; n++ {
		value := "100"
		if n%2 == 0 {
			value = "104"
		}
		if n >= 15 {
			value = "480"
		}
		daily = append(daily, cost.DayAmount{Day: day(n), Amount: amount(value)})
	}
	got := cost.Anomalies(daily)
	if len(got) != 1 || !got[0].Day.Equal(day(15)) || got[0].Expected.String() != "102" {
		t.Errorf("anomalies = %v, want 15 November alone, with 102 expected", got)
	}
}

func TestAnomaliesNeedAHistoryAndAnAmountThatMatters(t *testing.T) {
	t.Parallel()
	series := func(last string, n int) []cost.DayAmount {
		daily := make([]cost.DayAmount, n)
		for i := range daily {
			daily[i] = cost.DayAmount{Day: day(i + 1), Amount: amount("1")}
		}
		daily[n-1].Amount = amount(last)
		return daily
	}
	if got := cost.Anomalies(series("500", 5)); len(got) != 0 {
		t.Errorf("with five days of history: %v, want none", got)
	}
	if got := cost.Anomalies(series("9", 20)); len(got) != 0 {
		t.Errorf("of eight dollars more: %v, want none", got)
	}
	if got := cost.Anomalies(series("12", 20)); len(got) != 1 {
		t.Errorf("of eleven dollars more: %v, want one", got)
	}
}
