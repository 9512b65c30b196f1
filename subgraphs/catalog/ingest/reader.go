package ingest

import (
	"context"
	"errors"
	"slices"
	"time"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/catalog"
)

// Codes of what can be wrong with a location as a whole.
const (
	CodeKindNotAllowed = "KIND_NOT_ALLOWED"
	CodeTooMany        = "LOCATION_TOO_LARGE"
)

// Bounds of one reading.
const (
	maxFiles     = 20_000
	maxEntities  = 200_000
	maxErrors    = 1_000
	maxRecursion = 10
)

// reader reads locations.
type reader struct {
	sources map[string]source
	now     func() time.Time
}

// read reads a location with everything that its Location entities lead to. It never fails as a whole: what went wrong
// is part of the reading. Only an ended context is an error. The trail is every file and pattern that was looked at.
func (r *reader) read(ctx context.Context, location catalog.Location) (reading catalog.Reading, trail []string, err error) {
	t := &tour{
		ctx: ctx, sources: map[string]source{}, seen: map[string]bool{}, entities: map[string]catalog.Emitted{}, left: maxFiles,
		reading: catalog.Reading{
			Location: location, BeganAt: r.now(), Visited: map[string]bool{},
			Faulty: map[string]catalog.EntityStatusItem{}, Unread: map[string]catalog.EntityStatusItem{},
		},
	}
	for kind, files := range r.sources {
		t.sources[kind] = recorder{source: files, seen: t.seen}
	}
	t.target(stop{kind: location.Type, target: location.Target, depth: maxRecursion})
	if err := ctx.Err(); err != nil {
		return catalog.Reading{}, nil, fault.In("ingest.read", err)
	}
	for _, e := range t.entities {
		t.reading.Entities = append(t.reading.Entities, e)
	}
	return t.reading, sortedKeys(t.seen), nil
}

// recorder notes what is looked at in files: what has to be watched.
type recorder struct {
	source
	seen map[string]bool
}

func (r recorder) expand(ctx context.Context, target string) ([]string, error) {
	r.note(target)
	return r.source.expand(ctx, target)
}

func (r recorder) read(ctx context.Context, target string) ([]byte, error) {
	r.note(target)
	return r.source.read(ctx, target)
}

func (r recorder) note(target string) {
	if _, isFile := r.source.(*fileSource); isFile {
		r.seen[target] = true
	}
}

// tour is one way through a location.
type tour struct {
	// ctx is that of the reading, which lives no longer.
	ctx      context.Context
	sources  map[string]source
	seen     map[string]bool
	reading  catalog.Reading
	entities map[string]catalog.Emitted
	left     int
}

// stop is a target that the way leads to.
type stop struct {
	kind, target string
	// optional says that nothing is wrong if it is not there.
	optional bool
	depth    int
}

// target reads all files that a target stands for.
func (t *tour) target(s stop) {
	files, ok := t.sources[s.kind]
	if !ok {
		t.unread(s, fault.Invalid("ingest.read", "a location is of type file or url").WithCode(CodeTypeUnknown))
		return
	}
	targets, err := files.expand(t.ctx, s.target)
	if err != nil {
		t.unread(s, err)
		return
	}
	for _, target := range targets {
		if t.ctx.Err() != nil {
			return
		}
		s.target = target
		t.file(files, s)
	}
}

// file reads one file, once.
func (t *tour) file(files source, s stop) {
	if _, known := t.reading.Unread[s.target]; known || t.reading.Visited[s.target] {
		return
	}
	if t.left--; t.left < 0 || s.depth == 0 {
		t.unread(s, fault.Invalid("ingest.read", "the location leads to more than %d files, or more than %d levels deep",
			maxFiles, maxRecursion).WithCode(CodeTooMany))
		return
	}
	text, err := files.read(t.ctx, s.target)
	if err != nil {
		t.unread(s, err)
		return
	}
	documents, err := parseYAML(text)
	if err != nil {
		t.unread(s, err)
		return
	}
	t.reading.Visited[s.target] = true
	of := map[string]catalog.Emitted{}
	for _, d := range documents {
		t.document(files, s, d, of)
	}
	t.take(s, of)
}

// document makes an entity of a document. In a file the last of one ref wins.
func (t *tour) document(files source, s stop, d document, of map[string]catalog.Emitted) {
	emitted, err := t.entity(files, s, d)
	if err != nil {
		t.faulty(s, d, err)
		return
	}
	of[emitted.Entity.Ref] = emitted
}

func (t *tour) entity(files source, s stop, d document) (catalog.Emitted, error) {
	value, err := resolvePlaceholders(t.ctx, files, s.target, d.value)
	if err != nil {
		return catalog.Emitted{}, err
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return catalog.Emitted{}, fault.Invalid("ingest.read", "the document is not an object").WithCode(catalog.CodeInvalidEnvelope)
	}
	validated, err := catalog.Envelope(fields).Validate()
	if err != nil {
		return catalog.Emitted{}, err
	}
	if err := t.allowed(validated.Entity.Kind); err != nil {
		return catalog.Emitted{}, err
	}
	annotate(&validated, s, t.reading.Location)
	emitted := catalog.Emitted{Validated: validated, Source: s.target}
	if e := validated.Entity; e.Kind == "API" && e.Type == "openapi" {
		definition, _ := fields["spec"].(map[string]any)["definition"].(string)
		emitted.Operations = operationsOf(definition)
	}
	return emitted, nil
}

func (t *tour) allowed(kind string) error {
	kinds := t.reading.Location.AllowedKinds
	if len(kinds) == 0 || slices.Contains(kinds, lower(kind)) {
		return nil
	}
	return fault.Invalid("ingest.read", "a %s may not come from this location", kind).WithCode(CodeKindNotAllowed)
}

// take adds the entities of one file, and follows those that lead on. Across files the first of one ref wins.
func (t *tour) take(s stop, of map[string]catalog.Emitted) {
	for _, ref := range sortedKeys(of) {
		emitted := of[ref]
		if first, taken := t.entities[ref]; taken {
			t.complain(emitted.Source, 0, fault.Conflict("ingest.read", "%s is described in %s already; the first one keeps it", ref, first.Source).
				WithCode(catalog.CodeConflict))
			continue
		}
		if len(t.entities) >= maxEntities {
			t.reading.Partial = true
			t.complain(emitted.Source, 0, fault.Invalid("ingest.read", "the location has more than %d entities", maxEntities).WithCode(CodeTooMany))
			return
		}
		t.entities[ref] = emitted
		if emitted.Entity.Kind == catalog.KindLocation {
			t.follow(s, emitted)
		}
	}
}

// faulty notes a document that broke a rule. When it does not say which entity it is about, none of its file's is taken
// away.
func (t *tour) faulty(s stop, d document, err error) {
	t.complain(s.target, d.line, err)
	item := statusOf(err)
	fields, _ := d.value.(map[string]any)
	ref, ok := catalog.Envelope(fields).Ref()
	if !ok {
		t.reading.Unread[s.target] = item
		t.reading.Partial = true
		return
	}
	t.reading.Faulty[ref.String()] = item
	if ref.Kind == lower(catalog.KindLocation) {
		t.reading.Partial = true
	}
}

// unread notes a target that could not be read, unless it need not be there.
func (t *tour) unread(s stop, err error) {
	if t.ctx.Err() != nil || (s.optional && fault.Is(err, fault.KindNotFound)) {
		return
	}
	line := 0
	var syntax *parseError
	if errors.As(err, &syntax) {
		line = syntax.line
	}
	t.complain(s.target, line, err)
	t.reading.Unread[s.target] = statusOf(err)
	t.reading.Partial = true
}

func (t *tour) complain(target string, line int, err error) {
	if len(t.reading.Errors) >= maxErrors {
		return
	}
	item := statusOf(err)
	t.reading.Errors = append(t.reading.Errors, catalog.LocationError{Code: item.Code, Target: target, Line: line, Message: item.Message})
}

func statusOf(err error) catalog.EntityStatusItem {
	message, ok := fault.Message(err)
	if !ok {
		message = "it cannot be read now; it is tried again later"
	}
	code := fault.Code(err)
	if code == "" {
		code = CodeTargetUnreadable
	}
	return catalog.EntityStatusItem{Level: catalog.StatusError, Code: code, Message: message}
}
