package plan

import (
	"slices"

	"devportal.internal/router/operation"
)

// ambiguousDefers are the numbers of the @defer fragments that stand at several places of the store, because the field
// that leads to them was split by type. One part of the response has one place.
func (b *builder) ambiguousDefers() []int {
	var numbers []int
	for i, d := range b.op.Defers {
		if b.countPlaces(b.root, b.op.Fields, d.Path) > 1 {
			numbers = append(numbers, i+1)
		}
	}
	return numbers
}

// allDefers are the numbers of all @defer fragments of an operation.
func allDefers(op *operation.Normalised) []int {
	numbers := make([]int, len(op.Defers))
	for i := range numbers {
		numbers[i] = i + 1
	}
	return numbers
}

// withoutDefers is an operation that delivers some @defer fragments with what is around them, as a server may.
func withoutDefers(op *operation.Normalised, numbers []int) *operation.Normalised {
	for _, number := range slices.Backward(numbers) {
		op = withoutDefer(op, number)
	}
	return op
}

func (b *builder) countPlaces(p *place, fields []*operation.Field, path []string) int {
	if len(path) == 0 {
		return 1
	}
	count := 0
	for _, field := range fields {
		if field.ResponseKey != path[0] {
			continue
		}
		for _, child := range childrenOf(p, field) {
			count += b.countPlaces(child, field.Fields, path[1:])
		}
	}
	return count
}

// childrenOf are the places that a client's field leads to.
func childrenOf(p *place, field *operation.Field) []*place {
	var list []*place
	if p != nil {
		for _, v := range p.byField[field] {
			for _, part := range v.parts {
				list = append(list, part.child)
			}
		}
	}
	return list
}

func withoutDefer(op *operation.Normalised, number int) *operation.Normalised {
	parent := op.Defers[number-1].Parent
	renumber := func(d int) int {
		if d == number {
			d = parent
		}
		if d > number {
			d--
		}
		return d
	}
	copied := *op
	copied.Defers = nil
	for i, d := range op.Defers {
		if i+1 != number {
			other := *d
			other.Parent = renumber(d.Parent)
			copied.Defers = append(copied.Defers, &other)
		}
	}
	copied.Fields = renumberFields(op.Fields, renumber)
	return &copied
}

func renumberFields(fields []*operation.Field, renumber func(int) int) []*operation.Field {
	copied := slices.Clone(fields)
	for i, field := range fields {
		f := *field
		f.Defer = renumber(field.Defer)
		f.Fields = renumberFields(field.Fields, renumber)
		copied[i] = &f
	}
	return copied
}
