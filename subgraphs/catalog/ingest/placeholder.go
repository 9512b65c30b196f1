package ingest

import (
	"context"
	"encoding/json"
	"errors"

	"devportal.internal/internal/fault"
)

// CodePlaceholder is the code of the fault that a placeholder which cannot be resolved causes.
const CodePlaceholder = "PLACEHOLDER_UNRESOLVED"

// maxPlaceholders bounds the files that one document may draw in.
const maxPlaceholders = 50

// resolvePlaceholders replaces every object whose only key is $text, $json or $yaml by what the file that it names
// holds, relative to the document's own. Other keys that begin with $ are left alone, and so is what was drawn in.
func resolvePlaceholders(ctx context.Context, files source, base string, value any) (any, error) {
	r := &placeholders{ctx: ctx, files: files, base: base, left: maxPlaceholders}
	return r.resolve(value)
}

type placeholders struct {
	// ctx is that of the document's reading, which lives no longer.
	ctx   context.Context
	files source
	base  string
	left  int
}

func (r *placeholders) resolve(value any) (any, error) {
	switch value := value.(type) {
	case []any:
		for i, item := range value {
			resolved, err := r.resolve(item)
			if err != nil {
				return nil, err
			}
			value[i] = resolved
		}
		return value, nil
	case map[string]any:
		if name, target, ok := placeholderOf(value); ok {
			return r.read(name, target)
		}
		for key, item := range value {
			resolved, err := r.resolve(item)
			if err != nil {
				return nil, err
			}
			value[key] = resolved
		}
		return value, nil
	default:
		return value, nil
	}
}

func placeholderOf(fields map[string]any) (name string, target any, ok bool) {
	if len(fields) != 1 {
		return "", nil, false
	}
	for key, value := range fields {
		switch key {
		case "$text", "$json", "$yaml":
			return key, value, true
		}
	}
	return "", nil, false
}

func (r *placeholders) read(name string, value any) (any, error) {
	target, ok := value.(string)
	if r.left--; !ok || target == "" || r.left < 0 {
		return nil, unresolved("%s needs the path of a file, and a document may have %d of them", name, maxPlaceholders)
	}
	resolved, err := r.files.sibling(r.base, target)
	if err != nil {
		return nil, unresolvedBecause(name, target, err)
	}
	text, err := r.files.read(r.ctx, resolved)
	if err != nil {
		return nil, unresolvedBecause(name, target, err)
	}
	switch name {
	case "$json":
		return parseJSON(text)
	case "$yaml":
		return parseOne(text)
	default:
		return string(text), nil
	}
}

func parseJSON(text []byte) (any, error) {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return nil, unresolved("the file of a $json placeholder is not valid JSON")
	}
	return value, nil
}

func parseOne(text []byte) (any, error) {
	documents, err := parseYAML(text)
	if err != nil {
		return nil, err
	}
	if len(documents) != 1 {
		return nil, unresolved("the file of a $yaml placeholder has %d documents, not one", len(documents))
	}
	return documents[0].value, nil
}

func unresolved(format string, args ...any) error {
	return fault.Invalid("ingest.resolvePlaceholders", format, args...).WithCode(CodePlaceholder)
}

// unresolvedBecause keeps the kind of what went wrong: a server that is away for a while is no mistake in the file.
func unresolvedBecause(name, target string, err error) error {
	reason, ok := fault.Message(err)
	if !ok {
		reason = "it cannot be read now"
	}
	unresolved := fault.New(fault.KindOf(err), "ingest.resolvePlaceholders", "%s: %q: %s", name, shorten(target), reason).
		WithCode(CodePlaceholder)
	return unresolved.Because(errors.Unwrap(err))
}
