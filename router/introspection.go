package router

import (
	"context"

	"devportal.internal/router/execute"
	"devportal.internal/router/transport"
)

// answerIntrospection puts the values of __schema and __type into a response, each at its place among the root fields.
// It replaces response.Bytes() where the plan has such fields.
func (p *prepared) answerIntrospection(ctx context.Context, response *execute.Response) []byte {
	body := response.Bytes()
	data := response.Data()
	if len(p.introspection) == 0 || len(data) == 0 || data[0] != '{' {
		return body
	}
	// The response map ends with data and a brace, unless there are extensions.
	tail := len(body) - 1
	if response.Extensions != nil {
		tail -= len(`,"extensions":`) + len(response.Extensions)
	}
	head := tail - len(data)
	members := splitMembers(data)
	out := append(make([]byte, 0, len(body)+4096), body[:head]...)
	out, err := p.appendMembers(append(out, '{'), members)
	if err != nil {
		p.router.options.Logger.WarnContext(ctx, "introspection failed", "error", err.Error(), traceID(ctx))
		return transport.Refuse(0, codeIntrospectionDisabled, "the introspection asks for too much").Body()
	}
	return append(append(out, '}'), body[tail:]...)
}

// appendMembers writes the members of data with those of the introspection between them.
func (p *prepared) appendMembers(out []byte, members [][]byte) ([]byte, error) {
	start := len(out)
	separate := func() {
		if len(out) > start {
			out = append(out, ',')
		}
	}
	seen := p.graph.rules.view(p.rights)
	next := 0
	for at := 0; at <= len(members); at++ {
		for ; next < len(p.introspection) && (p.introspection[next].Index <= at || at == len(members)); next++ {
			separate()
			field := p.introspection[next].Field
			out = append(append(out, quoted(field.ResponseKey)...), ':')
			answered, err := seen.introspection.Answer(out, field, p.variables)
			if err != nil {
				return nil, err
			}
			out = answered
		}
		if at < len(members) {
			separate()
			out = append(out, members[at]...)
		}
	}
	return out, nil
}

// splitMembers cuts a JSON object, which the executor wrote, into its members.
func splitMembers(object []byte) [][]byte {
	inner := object[1 : len(object)-1]
	var members [][]byte
	depth, quotedText, start := 0, false, 0
	for at := 0; at < len(inner); at++ {
		switch char := inner[at]; {
		case quotedText && char == '\\':
			at++
		case char == '"':
			quotedText = !quotedText
		case quotedText:
		case char == '{' || char == '[':
			depth++
		case char == '}' || char == ']':
			depth--
		case char == ',' && depth == 0:
			members = append(members, inner[start:at])
			start = at + 1
		}
	}
	if len(inner) > 0 {
		members = append(members, inner[start:])
	}
	return members
}
