package router

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"devportal.internal/router/execute"
	"devportal.internal/router/transport"
)

// incrementalStream gives the parts of an operation with @defer: first the initial response, then each fragment as it
// becomes complete, in the form that clients of incremental delivery read (`incremental` and `hasNext`).
type incrementalStream struct {
	of      *prepared
	actual  int // cost of what was answered so far
	initial *transport.Result
	parts   *execute.Parts
	more    bool
	ended   bool
}

func (p *prepared) startIncremental(ctx context.Context) *incrementalStream {
	ctx, span := p.span(ctx)
	defer span.End()
	began := p.router.options.Now()
	response, parts := p.program.ExecuteIncremental(ctx, p.execution(ctx))
	defer response.Release()
	p.done(ctx, began, response.Errors())
	return &incrementalStream{
		of:      p,
		actual:  p.actual(response.Data()),
		initial: &transport.Result{Body: withMember(p.answerIntrospection(ctx, response), `"hasNext":true`), HasData: true},
		parts:   parts, more: true,
	}
}

// Next implements transport.Stream.
func (s *incrementalStream) Next(ctx context.Context) (*transport.Result, error) {
	if s.initial != nil {
		first := s.initial
		s.initial = nil
		return first, nil
	}
	if !s.more || s.ended {
		return nil, io.EOF
	}
	parts, more, err := s.parts.Next(ctx)
	if errors.Is(err, io.EOF) {
		s.more = false
		return s.last(ctx, []byte(`{"hasNext":false}`)), nil
	}
	if err != nil {
		return nil, err
	}
	s.more = more
	for at := range parts {
		s.actual += s.of.actualPart(&parts[at])
	}
	body := encodeParts(parts, more)
	if !more {
		return s.last(ctx, body), nil
	}
	return &transport.Result{Body: body, HasData: true}, nil
}

// last is the last part, which has the extensions of all.
func (s *incrementalStream) last(ctx context.Context, body []byte) *transport.Result {
	if member := s.of.extensions(ctx, s.actual); member != nil {
		body = withMember(body, string(member))
	}
	return &transport.Result{Body: body, HasData: true}
}

// Close implements transport.Stream.
func (s *incrementalStream) Close() {
	if !s.ended {
		s.ended = true
		s.parts.Close()
	}
}

// withMember adds a member to the end of a JSON object.
func withMember(object []byte, member string) []byte {
	object = append(object[:len(object)-1], ',')
	return append(append(object, member...), '}')
}

func encodeParts(parts []execute.Part, more bool) []byte {
	var out bytes.Buffer
	out.WriteByte('{')
	if len(parts) > 0 {
		out.WriteString(`"incremental":[`)
		for at := range parts {
			if at > 0 {
				out.WriteByte(',')
			}
			encodePart(&out, &parts[at])
		}
		out.WriteString(`],`)
	}
	if more {
		out.WriteString(`"hasNext":true}`)
	} else {
		out.WriteString(`"hasNext":false}`)
	}
	return out.Bytes()
}

func encodePart(out *bytes.Buffer, part *execute.Part) {
	out.WriteString(`{"data":`)
	out.Write(part.Data)
	out.WriteString(`,"path":`)
	out.Write(execute.AppendPath(nil, part.Path))
	if part.Label != "" {
		out.WriteString(`,"label":`)
		out.Write(quoted(part.Label))
	}
	if len(part.Errors) > 0 {
		out.WriteString(`,"errors":[`)
		for at := range part.Errors {
			if at > 0 {
				out.WriteByte(',')
			}
			encodeError(out, &part.Errors[at])
		}
		out.WriteByte(']')
	}
	out.WriteByte('}')
}

func encodeError(out *bytes.Buffer, err *execute.Error) {
	out.WriteString(`{"message":`)
	out.Write(quoted(err.Message))
	if err.Path != nil {
		out.WriteString(`,"path":`)
		out.Write(execute.AppendPath(nil, err.Path))
	}
	if err.Extensions != nil {
		out.WriteString(`,"extensions":`)
		out.Write(err.Extensions)
	}
	out.WriteByte('}')
}

// quoted is a JSON string; a Go string always has one.
func quoted(text string) []byte {
	encoded, err := json.Marshal(text)
	if err != nil {
		return []byte(`""`)
	}
	return encoded
}
