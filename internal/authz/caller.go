package authz

import (
	"net/netip"
	"slices"
	"time"

	"devportal.internal/internal/auth"
)

// caller is who asks, from where and when, as far as conditions ask for it.
type caller struct {
	// claims are the refs by which the caller owns things: the subject's first.
	claims     []string
	attributes map[string]string
	address    string
	// now is asked when a row is, so that a decision that is kept follows the time of day; nil is time.Now.
	now func() time.Time
}

func callerOf(p auth.Principal, now func() time.Time) caller {
	return caller{claims: p.Claims(), attributes: p.Attributes, address: p.Address, now: now}
}

func (c caller) time() time.Time {
	if c.now == nil {
		return time.Now()
	}
	return c.now()
}

// callerRule is a rule that asks about the caller and not about the row.
type callerRule interface {
	rule
	holds(c caller) bool
}

// HasAttribute holds when the caller has the attribute, with one of the values if there are any.
func HasAttribute(name string, values ...string) Condition {
	return Condition{rule: asked{attributeRule{name: name, values: slices.Clone(values)}}}
}

// FromNetwork holds when the request came from an address within one of the networks. It never holds where the address
// is not known, as in work that the portal does by itself.
func FromNetwork(networks ...netip.Prefix) Condition {
	return Condition{rule: asked{networkRule{networks: slices.Clone(networks)}}}
}

// AtTime holds from one time of the day until another, both counted from midnight, on some days of the week in a time
// zone. A span that ends before it begins goes past midnight, and belongs to the day on which it begins. No days are all
// days.
func AtTime(from, until time.Duration, zone *time.Location, days ...time.Weekday) Condition {
	return Condition{rule: asked{timeRule{from: from, until: until, zone: zone, days: slices.Clone(days)}}}
}

// asked gives the answer about the caller for every row.
type asked struct{ question }

// question is what is asked about the caller.
type question interface {
	holds(c caller) bool
	describe() string
}

func (a asked) sql(row rowSQL) string {
	if a.holds(row.caller) {
		return "TRUE"
	}
	return "FALSE"
}

func (a asked) matches(row row) bool { return a.holds(row.caller) }

type attributeRule struct {
	name   string
	values []string
}

func (r attributeRule) holds(c caller) bool {
	value, ok := c.attributes[r.name]
	return ok && (len(r.values) == 0 || slices.Contains(r.values, value))
}

type networkRule struct{ networks []netip.Prefix }

func (r networkRule) holds(c caller) bool {
	address, err := netip.ParseAddr(c.address)
	return err == nil && slices.ContainsFunc(r.networks, func(n netip.Prefix) bool { return n.Contains(address.Unmap()) })
}

type timeRule struct {
	from, until time.Duration
	zone        *time.Location
	days        []time.Weekday
}

func (r timeRule) holds(c caller) bool {
	now := c.time().In(r.zone)
	at := time.Duration(now.Hour())*time.Hour + time.Duration(now.Minute())*time.Minute +
		time.Duration(now.Second())*time.Second + time.Duration(now.Nanosecond())
	if r.from <= r.until {
		return at >= r.from && at < r.until && r.on(now.Weekday())
	}
	if at >= r.from {
		return r.on(now.Weekday())
	}
	return at < r.until && r.on((now.Weekday()+6)%7)
}

func (r timeRule) on(day time.Weekday) bool { return len(r.days) == 0 || slices.Contains(r.days, day) }

// asksOnlyCaller reports whether the answer is the same for every row.
func (c Condition) asksOnlyCaller() bool {
	for _, inner := range slices.Concat(c.all, c.any) {
		if !inner.asksOnlyCaller() {
			return false
		}
	}
	if c.not != nil {
		return c.not.asksOnlyCaller()
	}
	if c.rule != nil {
		_, ok := c.rule.(callerRule)
		return ok
	}
	return true
}
