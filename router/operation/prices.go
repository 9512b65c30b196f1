package operation

import (
	"encoding/json"
	"math"

	"github.com/vektah/gqlparser/v2/ast"
)

// Prices are what the parts of one operation cost. They are immutable and safe for concurrent use.
type Prices struct {
	base int
	root price
}

// price is what a field costs.
type price struct {
	arguments int // once
	item      int // each value, without its subfields
	empty     int // where the answer is null: the work of finding that out, by the field's own @cost
	sub       map[string]*price
	sizes     []sizing // of lists, and of fields that tell the size of lists below them
}

// sizing is what tells the size of a list.
type sizing struct {
	list      bool
	slicing   []*ast.Value
	assumed   int
	otherwise int

	// passed are the names of the subfields whose size it is, keys their response keys; none where it is the field's own.
	passed []string
	keys   map[string]bool
}

// or joins the prices of two fields, of which an object has one.
func (p *price) or(other *price) *price {
	if p == nil {
		return other
	}
	p.arguments = max(p.arguments, other.arguments)
	p.item, p.empty = max(p.item, other.item), max(p.empty, other.empty)
	p.sizes = append(p.sizes, other.sizes...)
	for key, sub := range other.sub {
		if p.sub == nil {
			p.sub = map[string]*price{}
		}
		p.sub[key] = p.sub[key].or(sub)
	}
	return p
}

// Estimate is the cost that an operation may have with some variables.
func (p *Prices) Estimate(variables *Variables) int {
	total := p.base
	for _, sub := range p.root.sub {
		total = add(total, sub.estimate(variables, 0))
	}
	return total
}

// estimate is the cost of a field. told is the size that the parent's @listSize gives it, 0 where it gives none.
func (p *price) estimate(variables *Variables, told int) int {
	own, passed := p.size(variables, told)
	item := p.item
	for key, sub := range p.sub {
		item = add(item, sub.estimate(variables, passed[key]))
	}
	return add(p.arguments, multiply(own, item))
}

// size is the number of items of a field, and the numbers that it passes to its subfields by response key.
func (p *price) size(variables *Variables, told int) (own int, passed map[string]int) {
	own = 1
	for _, s := range p.sizes {
		said := s.said(variables)
		for key := range s.keys {
			if passed == nil {
				passed = map[string]int{}
			}
			passed[key] = max(passed[key], said)
		}
		switch {
		case !s.list:
		case told > 0:
			own = max(own, told)
		case said > 0 && len(s.passed) == 0:
			own = max(own, said)
		default:
			own = max(own, s.otherwise)
		}
	}
	return own, passed
}

// said is the size that a @listSize tells, 0 if none.
func (s *sizing) said(variables *Variables) int {
	size := 0
	for _, value := range s.slicing {
		size = max(size, integer(value, variables))
	}
	if size == 0 {
		return s.assumed
	}
	return size
}

// integer is the value of an Int argument, 0 if it has none.
func integer(value *ast.Value, variables *Variables) int {
	if value.Kind != ast.Variable {
		return parseSize(value.Raw)
	}
	raw, _ := variables.JSON(value.Raw)
	var number float64
	if json.Unmarshal(raw, &number) != nil {
		return 0
	}
	return int(math.Min(math.Max(number, 0), math.MaxInt32))
}

// Actual is the cost of what was answered: data is the response's data, as valid JSON.
func (p *Prices) Actual(data []byte) int {
	total := p.base
	if len(data) > 0 {
		p.root.walk(data, 0, &total)
	}
	return total
}

// DataOf is the data of a response map in valid JSON, nil if it has none.
func DataOf(response []byte) []byte {
	for member := range (cursor{response}).members() {
		if member.name == "data" {
			return member.value
		}
	}
	return nil
}

// ActualPart is the cost of a part that came later, at a place that some response keys lead to.
func (p *Prices) ActualPart(path []string, data []byte) int {
	of := &p.root
	for _, key := range path {
		if of != nil {
			of = of.sub[key]
		}
	}
	total := 0
	if of != nil && len(data) > 0 && data[0] == '{' {
		of.walkObject(data, 0, &total)
	}
	return total
}

// walk adds the cost of the value that starts at a place, and returns where it ends. Arguments were counted by whoever
// found the field.
func (p *price) walk(raw []byte, at int, total *int) int {
	switch raw[at] {
	case 'n':
		*total = add(*total, p.empty)
		return at + len("null")
	case '[':
		for at = space(raw, at+1); raw[at] != ']'; {
			at = next(raw, p.walk(raw, at, total))
		}
		return at + 1
	}
	*total = add(*total, p.item)
	if raw[at] == '{' && len(p.sub) > 0 {
		return p.walkObject(raw, at, total)
	}
	return skip(raw, at)
}

// walkObject adds the costs of an object's members.
func (p *price) walkObject(raw []byte, at int, total *int) int {
	for at = space(raw, at+1); raw[at] != '}'; {
		end := skip(raw, at)
		of := p.sub[string(raw[at+1:end-1])]
		at = space(raw, space(raw, end)+1)
		if of == nil {
			at = next(raw, skip(raw, at))
			continue
		}
		*total = add(*total, of.arguments)
		at = next(raw, of.walk(raw, at, total))
	}
	return at + 1
}

// multiply saturates.
func multiply(a, b int) int {
	if b != 0 && a > math.MaxInt32/b {
		return math.MaxInt32
	}
	return a * b
}
