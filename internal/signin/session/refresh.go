package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/fault"
)

// RefreshPrefix begins every refresh token.
const RefreshPrefix = "dpr_"

const (
	refreshPurpose = "refresh token"
	// maxRefresh bounds a refresh token before anything looks into it.
	maxRefresh = 256
	// maxRaces is how often a refresh is tried against others of the same family.
	maxRaces = 20
	// maxRepeats is how often a replaced token may come again within the grace.
	maxRepeats = 3
)

// Pair is an access token and the refresh token that gives the next pair.
type Pair struct {
	Access  string
	Refresh string
	// Life is how long the access token lives.
	Life time.Duration
}

// family is what is remembered of refresh tokens: which of them is the latest. A token is made of the family's id and its
// generation, and tagged with the seal, so that no secret is stored and two answers to one client are the same.
type family struct {
	Session    string    `json:"session"`
	Generation int       `json:"generation"`
	RotatedAt  time.Time `json:"rotatedAt"`
	// Client is the hash of who refreshed last; Repeats counts how often the token before came again.
	Client  string `json:"client"`
	Repeats int    `json:"repeats"`
}

// Issue gives tokens for a session, and begins a family with the refresh token.
func (s *Sessions) Issue(ctx context.Context, id, client string) (Pair, error) {
	const op = "session.Issue"
	session, err := s.use(ctx, id)
	if err != nil {
		return Pair{}, err
	}
	name := rand.Text()
	now := s.settings.Now()
	text, err := json.Marshal(family{Session: id, Generation: 1, RotatedAt: now, Client: hashed(client)})
	if err != nil {
		return Pair{}, fault.Internal(op, err)
	}
	if err := s.redis.Set(ctx, familyKey(name), text, session.Ends.Sub(now)).Err(); err != nil {
		return Pair{}, unavailable(op, err)
	}
	return s.pair(session, name, 1)
}

// Refresh gives the next tokens for a refresh token. Client says who asks: its address and user agent.
//
//  1. The latest token of the family is replaced by the next.
//  2. The one before it, from the same client and at once, was sent twice: the answer is the same as before.
//  3. Any older one, or from elsewhere, was stolen, or the latest was: the whole session ends.
func (s *Sessions) Refresh(ctx context.Context, token, client string) (Pair, error) {
	name, generation, err := s.readRefresh(token)
	if err != nil {
		return Pair{}, err
	}
	var id string
	var next int
	for range maxRaces {
		id, next, err = s.advance(ctx, name, generation, hashed(client))
		if !errors.Is(err, redis.TxFailedErr) {
			break
		}
	}
	if err != nil {
		return Pair{}, asFault("session.Refresh", err)
	}
	session, err := s.use(ctx, id)
	if err != nil {
		return Pair{}, err
	}
	if next == 0 {
		if err := s.End(ctx, session.Subject, id); err != nil && !fault.Is(err, fault.KindNotFound) {
			return Pair{}, err
		}
		return Pair{}, fault.Unauthenticated("session.Refresh", "this refresh token was used before: sign in again").
			WithCode(CodeRefreshReused)
	}
	return s.pair(session, name, next)
}

// CodeRefreshReused is the code of the fault that ends a session whose refresh token came twice.
const CodeRefreshReused = "REFRESH_TOKEN_REUSED"

// advance moves a family on, and gives its session and the generation to answer with: 0 when the family is revoked.
func (s *Sessions) advance(ctx context.Context, name string, generation int, client string) (session string, next int, err error) {
	key := familyKey(name)
	err = s.redis.Watch(ctx, func(tx *redis.Tx) error {
		text, err := tx.Get(ctx, key).Bytes()
		if errors.Is(err, redis.Nil) {
			return auth.ExpiredToken()
		}
		if err != nil {
			return err
		}
		var f family
		if err := json.Unmarshal(text, &f); err != nil {
			return err
		}
		session = f.Session
		f, next = f.after(generation, client, s.settings.Now(), s.settings.Grace)
		text, err = json.Marshal(f)
		if err != nil {
			return err
		}
		_, err = tx.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
			if next == 0 {
				return pipe.Del(ctx, key).Err()
			}
			return pipe.SetArgs(ctx, key, text, redis.SetArgs{KeepTTL: true}).Err()
		})
		return err
	}, key)
	return session, next, err
}

// after gives the family after a token of a generation was shown, and the generation to answer with.
func (f family) after(generation int, client string, now time.Time, grace time.Duration) (family, int) {
	switch {
	case generation == f.Generation:
		return family{Session: f.Session, Generation: generation + 1, RotatedAt: now, Client: client}, generation + 1
	case generation == f.Generation-1 && client == f.Client && now.Sub(f.RotatedAt) <= grace && f.Repeats < maxRepeats:
		f.Repeats++
		return f, f.Generation
	default:
		return f, 0
	}
}

func (s *Sessions) pair(session Session, name string, generation int) (Pair, error) {
	life := min(s.settings.AccessLife, session.Ends.Sub(s.settings.Now()))
	access, err := s.tokens.Issue(session.Principal(), life)
	if err != nil {
		return Pair{}, err
	}
	text := refreshText(name, generation)
	tag := base64.RawURLEncoding.EncodeToString(s.seal.Tag(refreshPurpose, text))
	return Pair{Access: access, Refresh: RefreshPrefix + text + "." + tag, Life: life}, nil
}

// readRefresh gives the family and generation of a token that was made here.
func (s *Sessions) readRefresh(token string) (name string, generation int, err error) {
	invalid := auth.InvalidToken(errors.New("it is no refresh token of ours"))
	text, ok := strings.CutPrefix(token, RefreshPrefix)
	if !ok || len(token) > maxRefresh {
		return "", 0, invalid
	}
	text, tagged, ok := strings.Cut(text, "~")
	name = text
	number, encoded, more := strings.Cut(tagged, ".")
	tag, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || !ok || !more || !s.seal.Verifies(refreshPurpose, name+"~"+number, tag) {
		return "", 0, invalid
	}
	if generation, err = strconv.Atoi(number); err != nil {
		return "", 0, invalid
	}
	return name, generation, nil
}

func refreshText(name string, generation int) string { return fmt.Sprintf("%s~%d", name, generation) }

func familyKey(name string) string { return "portal:refresh:" + name }

func hashed(client string) string {
	sum := sha256.Sum256([]byte(client))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// asFault keeps faults as they are; anything else is Redis's.
func asFault(op string, err error) error {
	if fault.Code(err) != "" {
		return err
	}
	return unavailable(op, err)
}
