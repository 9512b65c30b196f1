package transport

import (
	"bytes"
	"strconv"
)

// framer follows where the heads and bodies of requests are in the bytes of a connection. It stops at an upgrade, after
// which other things come, and at what net/http refuses.
type framer struct {
	body    int64 // bytes of the body, or of the chunk, that are still to come
	chunks  bool  // a line that comes is the size of a chunk
	stopped bool
	refused bool

	line    []byte // what there is of the present line of a head, within maxFramedLine
	lengths bool   // the present head has a Content-Length,
	chunked bool   // a Transfer-Encoding,
	upgrade bool   // an Upgrade
	length  int64
}

// maxFramedLine is as much of a line as is looked at: enough for the name of a field and a length.
const maxFramedLine = 128

// follow goes through more bytes, and returns how many of them may be handed on.
func (f *framer) follow(text []byte) int {
	for at := 0; at < len(text); {
		switch {
		case f.refused:
			return at
		case f.stopped:
			return len(text)
		case f.body > 0:
			step := min(f.body, int64(len(text)-at))
			f.body -= step
			at += int(step)
			continue
		}
		end := bytes.IndexByte(text[at:], '\n')
		if end < 0 {
			f.keep(text[at:])
			return len(text)
		}
		f.keep(text[at : at+end])
		f.endLine()
		if f.refused {
			return at
		}
		at += end + 1
	}
	return len(text)
}

func (f *framer) keep(part []byte) {
	f.line = append(f.line, part[:min(len(part), maxFramedLine-len(f.line))]...)
}

// endLine takes in a whole line. An empty one ends the head (or the trailers); those before a request line mean nothing.
func (f *framer) endLine() {
	line := bytes.TrimRight(f.line, "\r")
	f.line = f.line[:0]
	switch {
	case f.chunks:
		f.chunk(line)
		return
	case len(line) == 0:
		f.endHead()
		return
	}
	name, value, _ := bytes.Cut(line, []byte{':'})
	switch {
	case bytes.EqualFold(name, []byte("Content-Length")):
		length, err := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
		f.lengths, f.length = true, length
		f.stopped = f.stopped || err != nil || length < 0 // net/http refuses it
	case bytes.EqualFold(name, []byte("Transfer-Encoding")):
		f.chunked = true
	case bytes.EqualFold(name, []byte("Upgrade")):
		f.upgrade = true
	}
	f.refused = f.lengths && f.chunked
}

func (f *framer) endHead() {
	f.stopped = f.stopped || f.upgrade
	f.chunks = f.chunked
	if f.lengths {
		f.body = f.length
	}
	f.lengths, f.chunked, f.upgrade, f.length = false, false, false, 0
}

// chunk begins a chunk, with the line break after it. After the last one trailers come, which look like a head.
func (f *framer) chunk(line []byte) {
	digits, _, _ := bytes.Cut(line, []byte{';'})
	size, err := strconv.ParseInt(string(bytes.TrimSpace(digits)), 16, 62)
	switch {
	case err != nil || size < 0:
		f.stopped = true
	case size == 0:
		f.chunks = false
	default:
		f.body = size + int64(len("\r\n"))
	}
}
