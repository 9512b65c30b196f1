package kafka

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// position is the offset of each partition of a topic that is read next.
type position struct {
	topic [16]byte
	next  []int64
}

// String is the position as a cursor: the topic's id, then the offsets in base 36.
func (p position) String() string {
	var b strings.Builder
	b.WriteString(base64.RawURLEncoding.EncodeToString(p.topic[:]))
	for _, offset := range p.next {
		b.WriteByte('.')
		b.WriteString(strconv.FormatInt(offset, 36))
	}
	return b.String()
}

func parsePosition(text string) (p position, ok bool) {
	id, rest, _ := strings.Cut(text, ".")
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(id)
	if err != nil || len(decoded) != len(p.topic) || strings.Count(rest, ".") >= maxPartitions {
		return p, false
	}
	copy(p.topic[:], decoded)
	for part := range strings.SplitSeq(rest, ".") {
		offset, err := strconv.ParseInt(part, 36, 64)
		if err != nil || offset < 0 {
			return p, false
		}
		p.next = append(p.next, offset)
	}
	return p, true
}

// after is the position after a record.
func (p position) after(partition int32, offset int64) position {
	p.next = slices.Clone(p.next)
	p.next[partition] = offset + 1
	return p
}
