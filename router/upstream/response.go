package upstream

import "sync/atomic"

// Response is a subgraph's answer. Body is valid until Release.
type Response struct {
	Body []byte

	// Status is the HTTP status, 200 where the transport has none.
	Status int

	shared  *atomic.Int32
	release func()
}

// NewResponse returns an answer whose body belongs to the garbage collector. It is meant for other Clients.
func NewResponse(body []byte) *Response { return &Response{Body: body, Status: 200} }

// Release gives the body back. It is called once by whoever received the Response; Body is not used after it.
func (r *Response) Release() {
	if r == nil || r.release == nil {
		return
	}
	if r.shared != nil && r.shared.Add(-1) > 0 {
		return
	}
	free := r.release
	r.release = nil
	free()
}
