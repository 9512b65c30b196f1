package entityindex

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Refs finds refs in the texts of a JSON value. Parse says whether a text is one, in its full form: field is the member
// that the text is in, itself or in lists; "" where it is in none.
type Refs struct {
	Parse func(field, text string) (ref string, ok bool)
}

// maxRefs bounds the different refs of one value that are looked for, maxRefBytes the length of one.
const (
	maxRefs     = 20_000
	maxRefBytes = 512
)

// namesKind is how a ref looks where nothing says that a text is one: it names its kind.
var namesKind = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9]*:(?:[a-zA-Z0-9-]+/)?[A-Za-z0-9][-A-Za-z0-9_.]*$`)

// AsRef reads a text that looks like a ref with a kind; namespace stands for one that is left out.
func AsRef(text, namespace string) (ref string, ok bool) {
	if len(text) > maxRefBytes || !namesKind.MatchString(text) {
		return "", false
	}
	kind, name, _ := strings.Cut(strings.ToLower(text), ":")
	if !strings.Contains(name, "/") {
		name = strings.ToLower(namespace) + "/" + name
	}
	return kind + ":" + name, true
}

// FullRefs finds the refs that name their kind; namespace stands for one that is left out.
func FullRefs(namespace string) Refs {
	return Refs{Parse: func(_, text string) (string, bool) { return AsRef(text, namespace) }}
}

// In gives the refs of a value, sorted, each once. It fails where the value is no JSON, or has more refs than can be looked
// for: it is not shown then to who may not see everything.
func (r Refs) In(raw json.RawMessage) ([]string, error) {
	refs := map[string]bool{}
	_, err := r.without(raw, func(ref string) bool {
		if len(refs) <= maxRefs {
			refs[ref] = true
		}
		return false
	})
	if err != nil {
		return nil, err
	}
	if len(refs) > maxRefs {
		return nil, fmt.Errorf("the value has more than %d refs", maxRefs)
	}
	return slices.Sorted(maps.Keys(refs)), nil
}

// Without gives the value without the refs that are hidden: a member that is one goes, a list loses it. All else stays in
// its order.
func (r Refs) Without(raw json.RawMessage, hidden map[string]bool) (json.RawMessage, error) {
	return r.without(raw, func(ref string) bool { return hidden[ref] })
}

func (r Refs) without(raw json.RawMessage, drop func(ref string) bool) (json.RawMessage, error) {
	w := refWalk{refs: r, drop: drop, in: json.NewDecoder(bytes.NewReader(raw))}
	w.in.UseNumber()
	kept, err := w.value("")
	if err != nil {
		return nil, fmt.Errorf("reading JSON for refs: %w", err)
	}
	if !kept {
		return json.RawMessage("null"), nil
	}
	return w.out.Bytes(), nil
}

// refWalk copies a value and leaves refs out.
type refWalk struct {
	refs Refs
	drop func(ref string) bool
	in   *json.Decoder
	out  bytes.Buffer
}

// value copies the next value, or says that it is left out.
func (w *refWalk) value(field string) (kept bool, err error) {
	token, err := w.in.Token()
	if err != nil {
		return false, err
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return true, w.object()
		}
		return true, w.list(field)
	case string:
		if ref, ok := w.refs.Parse(field, token); ok && w.drop(ref) {
			return false, nil
		}
	}
	return true, w.write(token)
}

func (w *refWalk) write(leaf any) error {
	text, err := json.Marshal(leaf)
	w.out.Write(text)
	return err
}

func (w *refWalk) object() error {
	return w.members('{', func() (bool, error) {
		key, err := w.in.Token()
		if err != nil {
			return false, err
		}
		name, _ := key.(string)
		if ref, ok := w.refs.Parse("", name); ok && w.drop(ref) { // as a name it gives away as much
			_, err := w.value(name)
			return false, err
		}
		if err := w.write(name); err != nil {
			return false, err
		}
		w.out.WriteByte(':')
		return w.value(name)
	})
}

func (w *refWalk) list(field string) error {
	return w.members('[', func() (bool, error) { return w.value(field) })
}

// members copies what is between two brackets, taking back what is left out.
func (w *refWalk) members(opening byte, next func() (bool, error)) error {
	w.out.WriteByte(opening)
	for first := true; w.in.More(); {
		mark := w.out.Len()
		if !first {
			w.out.WriteByte(',')
		}
		kept, err := next()
		if err != nil {
			return err
		}
		if !kept {
			w.out.Truncate(mark)
			continue
		}
		first = false
	}
	closing, err := w.in.Token()
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(&w.out, closing)
	return err
}
