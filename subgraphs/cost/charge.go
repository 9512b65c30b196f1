package cost

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/quagmt/udecimal"
)

// Day is midnight UTC of a calendar day. Make one with [DayOf].
type Day = time.Time

// DayOf is the day that t lies in, in UTC.
func DayOf(t time.Time) Day {
	year, month, day := t.UTC().Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// Charge is one line of a bill.
type Charge struct {
	Start, End time.Time
	Amount     udecimal.Decimal
	// Currency is an ISO 4217 code, upper case.
	Currency string
	Service  string
	Tags     Tags
}

// Tags are what the owner of a resource attached to it. Keys are compared without regard to case.
type Tags map[string]string

// Lookup finds a tag by its key, without regard to case. Of several keys that differ only in case, the first in
// alphabetical order counts.
func (t Tags) Lookup(key string) (string, bool) {
	if value, ok := t[key]; ok {
		return value, true
	}
	var found []string
	for candidate := range t {
		if strings.EqualFold(candidate, key) {
			found = append(found, candidate)
		}
	}
	if len(found) == 0 {
		return "", false
	}
	return t[slices.Min(found)], true
}

// DailyCharge is what one service cost on one day under one attribution.
type DailyCharge struct {
	Day     Day
	Service string
	// Attribution is what the rules made of the charge's tags.
	Attribution Attribution
	Amount      udecimal.Decimal
}

// Ledger adds charges up by day, service and attribution as they come. Make one with [NewLedger].
type Ledger struct {
	rules      Rules
	sums       map[ledgerKey]udecimal.Decimal
	usage, any time.Time // the latest ends of charges for a day or less, and of all
}

type ledgerKey struct {
	day         int64
	service     string
	attribution Attribution
}

// NewLedger makes an empty ledger that attributes by these rules.
func NewLedger(rules Rules) *Ledger {
	return &Ledger{rules: rules, sums: make(map[ledgerKey]udecimal.Decimal)}
}

// Add enters a charge. It belongs to the day in which its period starts.
func (l *Ledger) Add(charge Charge) {
	key := ledgerKey{DayOf(charge.Start).Unix(), charge.Service, l.rules.Attribute(charge.Tags)}
	l.sums[key] = l.sums[key].Add(charge.Amount)
	if charge.End.After(l.any) {
		l.any = charge.End
	}
	if charge.End.Sub(charge.Start) <= 24*time.Hour && charge.End.After(l.usage) {
		l.usage = charge.End
	}
}

// Daily is what has been entered, ordered by day, service and attribution.
func (l *Ledger) Daily() []DailyCharge {
	daily := make([]DailyCharge, 0, len(l.sums))
	for key, amount := range l.sums {
		daily = append(daily, DailyCharge{time.Unix(key.day, 0).UTC(), key.service, key.attribution, amount})
	}
	slices.SortFunc(daily, func(a, b DailyCharge) int {
		return cmp.Or(a.Day.Compare(b.Day), cmp.Compare(a.Service, b.Service), a.Attribution.compare(b.Attribution))
	})
	return daily
}

// CompleteThrough is the last day that the charges cover to its end. Only charges for a day or less are looked at, since
// a fee for a month says nothing about how far the usage has been billed; without any such charge, all are. The zero
// time means that there is no complete day.
func (l *Ledger) CompleteThrough() Day {
	end := l.usage
	if end.IsZero() {
		end = l.any
	}
	if end.IsZero() {
		return time.Time{}
	}
	return DayOf(end).AddDate(0, 0, -1)
}
