package authz

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // policies name time zones, and not every machine that runs the portal knows them
)

// asksCaller reports whether a rule is one about the caller, which fits every permission.
func asksCaller(rule string) bool {
	return slices.Contains([]string{"USER_HAS_ATTRIBUTE", "IS_FROM_NETWORK", "IS_TIME_OF_DAY"}, rule)
}

// networks reads the parameters of IS_FROM_NETWORK.
func (p *ruleParams) networks() Condition {
	var networks []netip.Prefix
	for _, text := range p.list("networks") {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			p.fail("%q is not a network: expected ADDRESS/BITS", text)
		}
		networks = append(networks, network.Masked())
	}
	return FromNetwork(networks...)
}

// attribute reads the parameters of USER_HAS_ATTRIBUTE.
func (p *ruleParams) attribute() Condition {
	name := p.text("attribute")
	if _, ok := p.node("values"); !ok {
		return HasAttribute(name)
	}
	return HasAttribute(name, p.list("values")...)
}

// timeOfDay reads the parameters of IS_TIME_OF_DAY.
func (p *ruleParams) timeOfDay() Condition {
	from, until, zone := p.clock("from"), p.clock("to"), time.UTC
	if name := p.optional("zone"); name != nil {
		var err error
		if zone, err = time.LoadLocation(*name); err != nil || *name == "" || *name == "Local" {
			p.fail("%q is not a time zone: expected a name such as Europe/Vienna", *name)
			zone = time.UTC
		}
	}
	var days []time.Weekday
	if _, ok := p.node("days"); ok {
		for _, text := range p.list("days") {
			days = append(days, p.day(text))
		}
	}
	return AtTime(from, until, zone, days...)
}

// clock reads a time of the day; 24:00 is its end.
func (p *ruleParams) clock(name string) time.Duration {
	text := p.text(name)
	if text == "24:00" {
		return 24 * time.Hour
	}
	at, err := time.Parse("15:04", text)
	if err != nil {
		p.fail("the parameter %s of %s is a time of the day such as 08:30", name, p.rule)
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
}

func (p *ruleParams) day(text string) time.Weekday {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if name := day.String(); strings.EqualFold(text, name) || strings.EqualFold(text, name[:3]) {
			return day
		}
	}
	p.fail("%q is not a day of the week", text)
	return time.Sunday
}

// targets gives the permissions that a conditional policy is about: those of a resource type, by their actions, or
// those that it names itself.
func (c conditionalPolicy) targets() ([]int, error) {
	if len(c.Permissions) == 0 {
		if len(c.PermissionMapping) == 0 {
			return nil, fmt.Errorf("permissionMapping names no action")
		}
		return permissionsOf(c.ResourceType, c.PermissionMapping), nil
	}
	if c.ResourceType != "" || len(c.PermissionMapping) > 0 {
		return nil, fmt.Errorf("permissions stands instead of resourceType and permissionMapping")
	}
	var places []int
	for _, name := range c.Permissions {
		place, ok := find(catalogue(), Permission(name))
		if !ok {
			return nil, fmt.Errorf("there is no permission %q", name)
		}
		places = append(places, place)
	}
	return places, nil
}
