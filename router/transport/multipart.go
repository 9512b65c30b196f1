package transport

import (
	"io"
)

// serveIncremental answers an operation with @defer in parts, as the incremental delivery over multipart/mixed has it.
func (e *exchange) serveIncremental(operation Operation) *Refusal {
	return e.stream(e.opener(operation), partFrames{boundary: "-", parameters: `; boundary="-"; deferSpec=20220824`})
}

// serveMultipartSubscription answers a subscription in the protocol of Apollo's clients: each part is a map with the
// entry `payload`; an empty map is a heartbeat; `errors` beside a null payload ends it.
func (e *exchange) serveMultipartSubscription(operation Operation) *Refusal {
	return e.stream(e.opener(operation), subscriptionFrames{partFrames{
		boundary:   "graphql",
		parameters: `; boundary="graphql"; subscriptionSpec=1.0`,
	}})
}

// partFrames is the framing of multipart/mixed (RFC 2046, section 5.1), where each part is a response. A delimiter ends
// every part, so that clients need not wait for the next one to see that it is whole.
type partFrames struct{ boundary, parameters string }

func (p partFrames) contentType() string { return mediaMixed + p.parameters }

func (p partFrames) part(w io.Writer, content []byte) error {
	frame := "\r\n--" + p.boundary + "\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"
	_, err := w.Write(append(append([]byte(frame), content...), "\r\n"...))
	return err
}

func (p partFrames) next(w io.Writer, result *Result, _ bool) error { return p.part(w, result.Body) }

func (p partFrames) failure(w io.Writer, refusal *Refusal) error {
	body := refusal.Body()
	if err := p.part(w, append(body[:len(body)-1], `,"hasNext":false}`...)); err != nil {
		return err
	}
	return p.complete(w)
}

// heartbeat writes nothing: incremental delivery has none, and ends soon anyhow.
func (partFrames) heartbeat(io.Writer) error { return nil }

func (p partFrames) complete(w io.Writer) error {
	_, err := io.WriteString(w, "\r\n--"+p.boundary+"--\r\n")
	return err
}

// subscriptionFrames wraps each response into `payload`.
type subscriptionFrames struct{ partFrames }

func (s subscriptionFrames) next(w io.Writer, result *Result, _ bool) error {
	content := append(make([]byte, 0, len(result.Body)+16), `{"payload":`...)
	return s.part(w, append(append(content, result.Body...), '}'))
}

func (s subscriptionFrames) failure(w io.Writer, refusal *Refusal) error {
	content := append([]byte(`{"payload":null,"errors":`), refusal.errorsJSON()...)
	if err := s.part(w, append(content, '}')); err != nil {
		return err
	}
	return s.complete(w)
}

func (s subscriptionFrames) heartbeat(w io.Writer) error { return s.part(w, []byte("{}")) }
