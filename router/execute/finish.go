package execute

// finish makes the response of a run whose fetches have all ended, and gives everything else back.
func (r *run) finish() *Response {
	resp, _ := r.complete()
	r.free()
	return resp
}

// responseHead stands before the data in a response's buffer.
const responseHead = `{"data":`

// complete writes the response from what is in the store, and says which places became null by propagation.
func (r *run) complete() (*Response, [][]PathElement) {
	c := newCompleter(r, append(r.p.buffer(), responseHead...), r.path[:0])
	c.root(r.p.shape, r.root, noType)
	c.tellRest(r.p.shape, r.root)
	r.path, r.sharing.written = c.path, c.written
	r.p.lastSize.Store(int64(len(c.out)))
	return &Response{buf: c.out, data: c.out[len(responseHead):], errors: c.errors, dropped: c.dropped + r.dropped, release: r.p.keep}, c.nulled
}

// buffer returns an empty buffer, of the size that the last response had or more.
func (p *Program) buffer() []byte {
	if b, ok := p.buffers.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return make([]byte, 0, p.lastSize.Load()+p.lastSize.Load()/8+512)
}

// maxKept bounds the buffers whose memory is used again.
const maxKept = 4 << 20

func (p *Program) keep(r *Response) {
	if cap(r.buf) <= maxKept {
		p.buffers.Put(&r.buf)
	}
}

// free lets go of the bodies and keeps the run for another execution.
func (r *run) free() {
	for _, resp := range r.responses {
		resp.Release()
	}
	r.reset()
	r.p.runs.Put(r)
}
