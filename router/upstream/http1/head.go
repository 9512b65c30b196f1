package http1

import (
	"bytes"
	"strconv"
)

// head is what of a response's status line and headers matters.
type head struct {
	status      int
	length      int64 // -1 when not told
	chunked     bool
	mustClose   bool
	encoded     bool
	contentType string
}

func parseHead(b []byte) (head, error) {
	h := head{length: -1}
	line, rest, _ := bytes.Cut(b, []byte("\r\n"))
	if err := h.statusLine(line); err != nil {
		return h, err
	}
	for len(rest) > 0 {
		line, rest, _ = bytes.Cut(rest, []byte("\r\n"))
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || len(name) == 0 || line[0] == ' ' || line[0] == '\t' {
			return h, ErrMalformed
		}
		if err := h.header(name, bytes.Trim(value, " \t")); err != nil {
			return h, err
		}
	}
	if h.chunked && h.length >= 0 {
		return h, ErrMalformed
	}
	return h, nil
}

func (h *head) statusLine(line []byte) error {
	if len(line) < 12 || string(line[:7]) != "HTTP/1." || line[8] != ' ' {
		return ErrMalformed
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil || status < 100 {
		return ErrMalformed
	}
	h.status = status
	h.mustClose = line[7] == '0'
	return nil
}

func (h *head) header(name, value []byte) error {
	switch len(name) {
	case len("content-type"):
		if is(name, "content-type") {
			h.contentType = contentType(value)
		}
	case len("content-length"):
		if is(name, "content-length") {
			return h.contentLength(value)
		}
	case len("transfer-encoding"):
		if is(name, "transfer-encoding") {
			if h.chunked || !is(value, "chunked") {
				return ErrMalformed
			}
			h.chunked = true
		}
	case len("content-encoding"):
		if is(name, "content-encoding") {
			h.encoded = h.encoded || !is(value, "identity")
		}
	case len("connection"):
		if is(name, "connection") {
			h.mustClose = h.mustClose || bytes.Contains(bytes.ToLower(value), []byte("close"))
		}
	}
	return nil
}

func (h *head) contentLength(value []byte) error {
	n, err := strconv.ParseUint(string(value), 10, 62)
	if err != nil || h.length >= 0 && h.length != int64(n) {
		return ErrMalformed
	}
	h.length = int64(n)
	return nil
}

// contentType spares an allocation for the usual ones.
func contentType(value []byte) string {
	switch string(value) {
	case "application/json":
		return "application/json"
	case "application/graphql-response+json":
		return "application/graphql-response+json"
	default:
		return string(value)
	}
}

func is(b []byte, lower string) bool {
	return len(b) == len(lower) && bytes.EqualFold(b, []byte(lower))
}
