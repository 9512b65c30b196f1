package keys

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/signin/seal"
)

// Key is a signing key as it is stored.
type Key struct {
	ID string
	// Sealed is the private key (its seed), which only the master key opens.
	Sealed []byte
	Public ed25519.PublicKey
	// Made is when the key was made, Signs from when it signs.
	Made, Signs time.Time
}

// Store keeps the keys.
type Store interface {
	// Update gives the keys to change, which says what to add and what to remove, and gives the keys there are then. No
	// other process changes them meanwhile.
	Update(ctx context.Context, change func([]Key) (add []Key, remove []string)) ([]Key, error)
}

// Settings say how keys are rotated. Zero fields have the defaults named.
type Settings struct {
	// Every is how long a key signs (90 days), Overlap for how long it verifies after that (24 hours).
	Every, Overlap time.Duration
	// Lead is how long before it signs a key is published (10 minutes), so that everybody knows it by then.
	Lead time.Duration
	// Logger is told of every new key; nil is silent.
	Logger *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// reload is how often the store is asked.
const reload = time.Minute

// purpose is what private keys are sealed for.
const purpose = "signing key"

// Rotation is the keys of now. It implements [auth.Keys].
type Rotation struct {
	store    Store
	seal     *seal.Seal
	settings Settings
	ring     atomic.Pointer[auth.KeyRing]
}

// Open reads the keys, and makes the first one.
func Open(ctx context.Context, store Store, s *seal.Seal, settings Settings) (*Rotation, error) {
	r := &Rotation{store: store, seal: s, settings: settings.withDefaults()}
	return r, r.Refresh(ctx)
}

func (s Settings) withDefaults() Settings {
	if s.Every <= 0 {
		s.Every = 90 * 24 * time.Hour
	}
	if s.Overlap <= 0 {
		s.Overlap = 24 * time.Hour
	}
	if s.Lead <= 0 {
		s.Lead = 10 * time.Minute
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	return s
}

// Ring implements [auth.Keys].
func (r *Rotation) Ring() *auth.KeyRing { return r.ring.Load() }

// Refresh reads the keys, makes the next one when its time has come, and forgets those that verify nothing any more.
func (r *Rotation) Refresh(ctx context.Context) error {
	now := r.settings.Now()
	all, err := r.store.Update(ctx, func(known []Key) (add []Key, remove []string) { return r.change(known, now) })
	if err != nil {
		return fmt.Errorf("rotate the signing keys: %w", err)
	}
	ring, err := r.ringOf(all, now)
	if err != nil {
		return err
	}
	r.ring.Store(ring)
	return nil
}

// Run refreshes once a minute until the context ends. While the store cannot be reached the keys of before go on.
func (r *Rotation) Run(ctx context.Context) error {
	ticker := time.NewTicker(reload)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := r.Refresh(ctx); err != nil && ctx.Err() == nil {
				r.settings.Logger.WarnContext(ctx, "the signing keys could not be read", slog.Any("error", err))
			}
		}
	}
}

// change says which key to add and which to remove.
func (r *Rotation) change(known []Key, now time.Time) (add []Key, remove []string) {
	sorted := slices.SortedFunc(slices.Values(known), func(a, b Key) int { return a.Made.Compare(b.Made) })
	switch {
	case len(sorted) == 0:
		add = append(add, r.newKey(now, now))
	case now.Sub(sorted[len(sorted)-1].Made) >= r.settings.Every:
		add = append(add, r.newKey(now, now.Add(r.settings.Lead)))
	}
	for i, key := range sorted {
		if i+1 < len(sorted) && now.Sub(sorted[i+1].Signs) > r.settings.Overlap {
			remove = append(remove, key.ID)
		}
	}
	return add, remove
}

func (r *Rotation) newKey(now, signs time.Time) Key {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic("keys: the system gives random numbers: " + err.Error())
	}
	sum := sha256.Sum256(public)
	id := base64.RawURLEncoding.EncodeToString(sum[:12])

	return Key{ID: id, Sealed: r.seal.Seal(purpose, id, private.Seed()), Public: public, Made: now, Signs: signs}
}

// ringOf makes the ring in which the newest key whose time has come signs, or, where the clock of who made them is ahead,
// the oldest. The public keys are taken out of the sealed
// ones: who can only write to the database cannot add a key.
func (r *Rotation) ringOf(all []Key, now time.Time) (*auth.KeyRing, error) {
	var signing ed25519.PrivateKey
	var since time.Time
	var public []ed25519.PublicKey
	for i, key := range all {
		seed, err := r.seal.Open(purpose, key.ID, key.Sealed)
		if err != nil || len(seed) != ed25519.SeedSize {
			return nil, fmt.Errorf("signing key %s was sealed with another encryption key: give the old one as well, after the new one", key.ID)
		}
		private := ed25519.NewKeyFromSeed(seed)
		public = append(public, private.Public().(ed25519.PublicKey))
		if i == 0 || (!key.Signs.After(now) && key.Signs.After(since)) {
			signing, since = private, key.Signs
		}
	}
	if signing == nil {
		return nil, errors.New("there is no signing key")
	}
	return auth.NewKeyRing(signing, public...), nil
}
