package persisted

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// List is a set of registered documents. It is immutable once it was read.
type List struct {
	byID  map[reference]string
	texts map[reference]bool
}

// reference is an id, or the hash of a text, as one client may use it; client "" stands for all.
type reference struct{ client, id string }

// NewList makes an empty list.
func NewList() *List {
	return &List{byID: map[reference]string{}, texts: map[reference]bool{}}
}

// Len is the number of ids.
func (l *List) Len() int { return len(l.byID) }

// add registers a document under an id and under its hash, for one client or, with client "", for all.
func (l *List) add(client, id, text string) error {
	if strings.TrimSpace(text) == "" || id == "" {
		return fmt.Errorf("operation %q is empty", id)
	}
	named := reference{client, id}
	if other, taken := l.byID[named]; taken && other != text {
		return fmt.Errorf("two operations have the id %q", id)
	}
	hash := reference{client, Hash(strings.TrimSpace(text))}
	l.byID[named], l.texts[hash] = text, true
	if _, taken := l.byID[hash]; !taken {
		l.byID[hash] = text
	}
	return nil
}

// find returns the document with an id, as a client may use it.
func (l *List) find(client, id string) (string, bool) {
	if text, found := l.byID[reference{client, id}]; found {
		return text, true
	}
	text, found := l.byID[reference{"", id}]
	return text, found
}

// holds says that a text is registered, exactly but for white space around it.
func (l *List) holds(client, text string) bool {
	hash := Hash(strings.TrimSpace(text))
	return l.texts[reference{client, hash}] || l.texts[reference{"", hash}]
}

// Hash is the name of an automatic document: the SHA-256 of its text, in hexadecimal digits.
func Hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
