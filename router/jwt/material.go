package jwt

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"
)

// patience is the time between two attempts to read keys because of tokens whose key is unknown: whoever sends such
// tokens makes no more requests than that to the place of the keys.
const patience = 10 * time.Second

// material is the keys of one issuer.
type material struct {
	issuer, place string
	reader        reader
	logger        *slog.Logger
	now           func() time.Time

	current atomic.Pointer[keySet]
	reading chan struct{} // holds one while keys are read
	tried   time.Time     // when keys were read last for an unknown key, whatever came of it; guarded by reading
}

// keySet is what was read once. It is never changed.
type keySet struct {
	keys []key
}

func newMaterial(issuer, place string, o Options) *material {
	return &material{
		issuer: issuer, place: place, reader: readerOf(place, o.Client), logger: o.Logger, now: o.Now,
		reading: make(chan struct{}, 1),
	}
}

// key finds the key of a token, and the set that it is in. One that is not known is looked for at the place of the keys,
// unless that was done a moment ago.
func (m *material) key(ctx context.Context, id, algorithm string) (key, *keySet, bool) {
	known := m.current.Load()
	if found, ok := known.find(id, algorithm); ok {
		return found, known, true
	}
	m.readAgain(ctx, known)
	known = m.current.Load()
	found, ok := known.find(id, algorithm)
	return found, known, ok
}

// find finds a key by its id. A token without one is verified by the only key that could have signed it.
func (s *keySet) find(id, algorithm string) (key, bool) {
	if s == nil {
		return key{}, false
	}
	var found []key
	for _, k := range s.keys {
		if (id == "" || k.id == id) && slices.Contains(k.algorithms, algorithm) {
			found = append(found, k)
		}
	}
	if len(found) != 1 {
		return key{}, false
	}
	return found[0], true
}

// readAgain reads the keys unless others have since they were seen, or tried to a moment ago. A client that leaves does
// not end the reading.
func (m *material) readAgain(ctx context.Context, seen *keySet) {
	select {
	case m.reading <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-m.reading }()
	now := m.now()
	if m.current.Load() != seen || !m.tried.IsZero() && now.Sub(m.tried) < patience && !now.Before(m.tried) {
		return
	}
	m.tried = now
	if err := m.read(context.WithoutCancel(ctx)); err != nil {
		m.complain(ctx, err)
	}
}

// refresh reads the keys in any case.
func (m *material) refresh(ctx context.Context) error {
	select {
	case m.reading <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-m.reading }()
	return m.read(ctx)
}

// read replaces the keys, or keeps them if there are none to be had.
func (m *material) read(ctx context.Context) error {
	text, err := m.reader.read(ctx)
	if err != nil {
		return err
	}
	keys, err := readKeys(text)
	if err != nil {
		return err
	}
	m.current.Store(&keySet{keys})
	return nil
}

func (m *material) complain(ctx context.Context, err error) {
	m.logger.WarnContext(ctx, "the keys of an issuer could not be read; those that are known are kept",
		"issuer", m.issuer, "error", err.Error())
}
