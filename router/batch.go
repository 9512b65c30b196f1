package router

import "devportal.internal/router/operation"

// before are the operations of the same batch that were prepared already, and may be run.
func (p *prepared) before() []*prepared {
	all := make([]*prepared, 0, len(p.request.Before))
	for _, other := range p.request.Before {
		if other, ours := other.(*prepared); ours {
			all = append(all, other)
		}
	}
	return all
}

// checkBatchTokens refuses a document, before it is parsed, that has more tokens than the batch's others leave to it.
func (p *prepared) checkBatchTokens() error {
	if len(p.request.Before) == 0 {
		return nil
	}
	options := p.graph.parsing()
	size := operation.Size{Tokens: options.CountTokens(p.request.Query)}
	for _, other := range p.before() {
		size.Tokens += other.size.Tokens
	}
	return options.CheckTogether(size)
}

// checkBatch refuses an operation that is too much together with those before it in its batch. One that came alone was
// held against the same limits with its document.
func (p *prepared) checkBatch(op *operation.Operation) error {
	if !p.request.Batched {
		return nil
	}
	p.size = op.Size()
	sizes := []operation.Size{p.size}
	for _, other := range p.before() {
		sizes = append(sizes, other.size)
	}
	return p.graph.parsing().CheckTogether(sizes...)
}

// estimatedBefore is what the operations before this one in its batch are estimated to cost.
func (p *prepared) estimatedBefore() int {
	total := 0
	for _, other := range p.before() {
		total += other.bill.requested
	}
	return total
}
