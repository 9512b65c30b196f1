package execute

import "io"

// Response is one execution result (GraphQL specification, section 7.1). It is used by one goroutine.
type Response struct {
	buf     []byte // `{"data":` and the data
	data    []byte // within buf
	errors  []Error
	dropped int

	// Extensions is the JSON object of the response's `extensions`, nil for none.
	Extensions []byte

	release func(*Response)
}

// Data is the JSON of `data`: an object, or null when a null propagated to the root. It is valid until Release.
func (r *Response) Data() []byte { return r.data }

// Errors are the response's errors, in no particular order, at most Options.MaxErrors.
func (r *Response) Errors() []Error { return r.errors }

// Dropped is how many errors there were beyond the limit.
func (r *Response) Dropped() int { return r.dropped }

// AppendTo appends the response map as JSON.
func (r *Response) AppendTo(dst []byte) []byte {
	dst = r.appendHead(dst)
	dst = append(dst, r.data...)
	return r.appendTail(dst)
}

// Bytes is the response map as JSON in bytes that outlive Release: where there are neither errors nor extensions those
// that it was written to, which are not used again then.
func (r *Response) Bytes() []byte {
	body := r.Borrow()
	r.release = nil
	return body
}

// Borrow is the response map as JSON, valid until Release. It spares what Bytes costs: a response's worth of garbage.
func (r *Response) Borrow() []byte {
	if len(r.errors) > 0 || r.Extensions != nil {
		return r.AppendTo(make([]byte, 0, len(r.data)+64+len(r.Extensions)+200*len(r.errors)))
	}
	return append(r.buf, '}')
}

// WriteTo writes the response map as JSON.
func (r *Response) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for _, part := range [][]byte{r.appendHead(nil), r.data, r.appendTail(nil)} {
		n, err := w.Write(part)
		total += int64(n)
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// Release gives the response's memory back. What Data returned is not used after it.
func (r *Response) Release() {
	if r.release != nil {
		free := r.release
		r.release = nil
		free(r)
	}
}

func (r *Response) appendHead(dst []byte) []byte {
	dst = append(dst, '{')
	if len(r.errors) > 0 {
		dst = append(dst, `"errors":`...)
		dst = appendErrors(dst, r.errors)
		dst = append(dst, ',')
	}
	return append(dst, `"data":`...)
}

func (r *Response) appendTail(dst []byte) []byte {
	if r.Extensions != nil {
		dst = append(dst, `,"extensions":`...)
		dst = append(dst, r.Extensions...)
	}
	return append(dst, '}')
}
