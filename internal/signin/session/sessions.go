package session

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/fault"
	"devportal.internal/internal/signin/seal"
)

// MaxPerSubject is how many sessions one person may have: the oldest end when there are more.
const MaxPerSubject = 50

const (
	// touchEvery is how exact the time of last use is.
	touchEvery = time.Minute
	// maxCookie bounds a cookie before anything looks into it.
	maxCookie = 128
	maxText   = 256
)

// Session is one sign-in.
type Session struct {
	// ID names the session. It is no secret.
	ID string `json:"id"`
	// Subject, Groups, Roles and Attributes are what the sign-in found out.
	Subject    string            `json:"subject"`
	Groups     []string          `json:"groups,omitempty"`
	Roles      []string          `json:"roles,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
	// Provider names what the person signed in with.
	Provider string `json:"provider"`
	// UserAgent and Address are what the client was when it signed in.
	UserAgent string `json:"userAgent,omitempty"`
	Address   string `json:"address,omitempty"`
	// Started and LastUsed are exact to a minute; Ends is when the session ends at the latest.
	Started  time.Time `json:"started"`
	LastUsed time.Time `json:"lastUsed"`
	Ends     time.Time `json:"ends"`
}

// Principal is who the session stands for.
func (s Session) Principal() auth.Principal {
	return auth.NewPrincipal(auth.Principal{
		Subject: s.Subject, Groups: s.Groups, Roles: s.Roles, Attributes: s.Attributes,
		Session: s.ID, Expiry: s.Ends, ID: Credential(s.ID),
	})
}

// Credential is what the audit log calls the credentials of the session with an id.
func Credential(id string) string { return "session:" + id }

// Settings say how long things last. Zero fields have the defaults named.
type Settings struct {
	// Limit is how long a session lasts at the most (24 hours), Idle how long it lasts without being used (4 hours).
	Limit, Idle time.Duration
	// AccessLife is how long an access token lives (5 minutes).
	AccessLife time.Duration
	// Grace is how long after a refresh the same client may ask once more with the old token (10 seconds).
	Grace time.Duration
	// Ended hears that a session was ended before its time, by the name that its credentials have in the audit log; nil
	// is nobody.
	Ended func(ctx context.Context, credentials ...string)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

func (s Settings) withDefaults() Settings {
	s.Limit = cmp.Or(s.Limit, 24*time.Hour)
	s.Idle = cmp.Or(s.Idle, 4*time.Hour)
	s.AccessLife = cmp.Or(s.AccessLife, 5*time.Minute)
	s.Grace = cmp.Or(s.Grace, 10*time.Second)
	if s.Now == nil {
		s.Now = time.Now
	}
	return s
}

// Sessions keeps sessions. It implements [auth.Sessions] and is safe for concurrent use.
type Sessions struct {
	redis    redis.UniversalClient
	seal     *seal.Seal
	tokens   *auth.Tokens
	settings Settings
}

// New keeps sessions in Redis. Access tokens are issued with tokens; the seal makes refresh tokens.
func New(client redis.UniversalClient, s *seal.Seal, tokens *auth.Tokens, settings Settings) *Sessions {
	return &Sessions{client, s, tokens, settings.withDefaults()}
}

// Start begins a session for the principal, and gives its cookie, which is kept nowhere.
func (s *Sessions) Start(ctx context.Context, p auth.Principal, provider, userAgent, address string) (cookie string, started Session, err error) {
	const op = "session.Start"
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	cookie = base64.RawURLEncoding.EncodeToString(secret)
	now := s.settings.Now()
	started = Session{
		ID: idOf(cookie), Subject: p.Subject, Groups: p.Groups, Roles: p.Roles, Attributes: p.Attributes, Provider: provider,
		UserAgent: cut(userAgent), Address: cut(address), Started: now, LastUsed: now, Ends: now.Add(s.settings.Limit),
	}
	if err := s.endOldest(ctx, p.Subject); err != nil {
		return "", Session{}, err
	}
	text, err := json.Marshal(started)
	if err != nil {
		return "", Session{}, fault.Internal(op, err)
	}
	list := listKey(nameOf(p.Subject))
	pipe := s.redis.TxPipeline()
	pipe.Set(ctx, sessionKey(started.ID), text, s.lifeLeft(started, now))
	pipe.ZAdd(ctx, list, redis.Z{Score: float64(started.Ends.Unix()), Member: started.ID})
	pipe.Expire(ctx, list, s.settings.Limit+time.Minute)
	_, err = pipe.Exec(ctx)
	return cookie, started, unavailable(op, err)
}

// endOldest makes room for one more session of the subject.
func (s *Sessions) endOldest(ctx context.Context, subject string) error {
	all, err := s.List(ctx, subject)
	if err != nil {
		return err
	}
	for i := MaxPerSubject - 1; i < len(all); i++ {
		if err := s.End(ctx, subject, all[i].ID); err != nil {
			return err
		}
	}
	return nil
}

// Find implements [auth.Sessions].
func (s *Sessions) Find(ctx context.Context, cookie string) (auth.Principal, error) {
	if len(cookie) > maxCookie {
		return auth.Principal{}, auth.InvalidToken(errors.New("the cookie is too long"))
	}
	found, err := s.use(ctx, idOf(cookie))
	if err != nil {
		return auth.Principal{}, err
	}
	return found.Principal(), nil
}

// Alive implements [auth.Sessions]. It notes that the session is used.
func (s *Sessions) Alive(ctx context.Context, id string) error {
	_, err := s.use(ctx, id)
	return err
}

// use reads a session and lets its idle time begin again.
func (s *Sessions) use(ctx context.Context, id string) (Session, error) {
	const op = "session.use"
	found, err := s.read(ctx, id)
	if err != nil {
		return Session{}, err
	}
	now := s.settings.Now()
	if s.lifeLeft(found, now) <= 0 {
		return Session{}, auth.ExpiredToken()
	}
	if now.Sub(found.LastUsed) < touchEvery {
		return found, nil
	}
	found.LastUsed = now
	text, err := json.Marshal(found)
	if err != nil {
		return Session{}, fault.Internal(op, err)
	}
	// Only where it still is: a session that was ended meanwhile does not come back.
	err = s.redis.SetArgs(ctx, sessionKey(id), text, redis.SetArgs{Mode: "XX", TTL: s.lifeLeft(found, now)}).Err()
	if errors.Is(err, redis.Nil) {
		return Session{}, auth.ExpiredToken()
	}
	return found, unavailable(op, err)
}

// read gives a session as it is stored.
func (s *Sessions) read(ctx context.Context, id string) (Session, error) {
	const op = "session.read"
	text, err := s.redis.Get(ctx, sessionKey(id)).Bytes()
	if errors.Is(err, redis.Nil) {
		return Session{}, auth.ExpiredToken()
	}
	if err != nil {
		return Session{}, unavailable(op, err)
	}
	var found Session
	if err := json.Unmarshal(text, &found); err != nil {
		return Session{}, fault.Internal(op, err)
	}
	return found, nil
}

// lifeLeft is how long the session lasts if nobody uses it.
func (s *Sessions) lifeLeft(session Session, now time.Time) time.Duration {
	return min(session.Ends.Sub(now), session.LastUsed.Add(s.settings.Idle).Sub(now))
}

// List gives the sessions of a subject, the latest used first.
func (s *Sessions) List(ctx context.Context, subject string) ([]Session, error) {
	return s.list(ctx, listKey(nameOf(subject)))
}

func (s *Sessions) list(ctx context.Context, list string) ([]Session, error) {
	const op = "session.List"
	now := strconv.FormatInt(s.settings.Now().Unix(), 10)
	pipe := s.redis.TxPipeline()
	pipe.ZRemRangeByScore(ctx, list, "-inf", "("+now)
	members := pipe.ZRevRange(ctx, list, 0, 2*MaxPerSubject)
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, unavailable(op, err)
	}
	ids := members.Val()
	if len(ids) == 0 {
		return nil, nil
	}
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = sessionKey(id)
	}
	values, err := s.redis.MGet(ctx, keys...).Result()
	if err != nil {
		return nil, unavailable(op, err)
	}
	var all []Session
	for i, value := range values {
		var one Session
		text, ok := value.(string)
		if !ok || json.Unmarshal([]byte(text), &one) != nil {
			s.redis.ZRem(ctx, list, ids[i]) // it was idle for too long
			continue
		}
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b Session) int {
		return cmp.Or(b.LastUsed.Compare(a.LastUsed), b.Started.Compare(a.Started), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// End ends a session of a subject. One that is not theirs, or not there, is a not-found fault.
func (s *Sessions) End(ctx context.Context, subject, id string) error {
	return s.end(ctx, listKey(nameOf(subject)), id)
}

func (s *Sessions) end(ctx context.Context, list, id string) error {
	const op = "session.End"
	pipe := s.redis.TxPipeline()
	removed := pipe.ZRem(ctx, list, id)
	if _, err := pipe.Exec(ctx); err != nil {
		return unavailable(op, err)
	}
	if removed.Val() == 0 {
		return fault.NotFound(op, "you have no such session")
	}
	err := s.redis.Del(ctx, sessionKey(id)).Err()
	if err == nil && s.settings.Ended != nil {
		s.settings.Ended(ctx, Credential(id))
	}
	return unavailable(op, err)
}

// EndAll ends the sessions of a subject, but for the one with the id except ("": none is spared), and gives their number.
func (s *Sessions) EndAll(ctx context.Context, subject, except string) (int, error) {
	return s.endAll(ctx, listKey(nameOf(subject)), except)
}

// EndRevoked ends all sessions of the person whom a revoked credential names, if [Everywhere] made it. Processes that hear of
// it do so: the sessions of a portal whose Redis is within its process are nobody else's to end.
func (s *Sessions) EndRevoked(ctx context.Context, credential string) error {
	name, ok := strings.CutPrefix(credential, everywhere)
	if !ok {
		return nil
	}
	_, err := s.endAll(ctx, listKey(name), "")
	return err
}

func (s *Sessions) endAll(ctx context.Context, list, except string) (int, error) {
	all, err := s.list(ctx, list)
	if err != nil {
		return 0, err
	}
	ended := 0
	for _, one := range all {
		if one.ID == except {
			continue
		}
		if err := s.end(ctx, list, one.ID); err != nil && !fault.Is(err, fault.KindNotFound) {
			return ended, err
		}
		ended++
	}
	return ended, nil
}

// EndCookie ends the session of a cookie, if there is one, and gives it.
func (s *Sessions) EndCookie(ctx context.Context, cookie string) (Session, error) {
	if len(cookie) > maxCookie {
		return Session{}, auth.InvalidToken(errors.New("the cookie is too long"))
	}
	found, err := s.read(ctx, idOf(cookie))
	if err != nil {
		return Session{}, err
	}
	return found, s.End(ctx, found.Subject, found.ID)
}

// idOf makes the id of a session from its cookie: 160 bits of its hash.
func idOf(cookie string) string { return hash160(cookie) }

func hash160(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:20])
}

func sessionKey(id string) string { return "portal:session:" + id }

const everywhere = "sessions:"

// Everywhere is the credential that all sessions of a subject are revoked by. It does not say who that is.
func Everywhere(subject string) string { return everywhere + nameOf(subject) }

// nameOf names a subject by 160 bits of its hash.
func nameOf(subject string) string { return hash160(strings.ToLower(subject)) }

func listKey(name string) string { return "portal:sessions:" + name }

func unavailable(op string, err error) error {
	if err == nil {
		return nil
	}
	return fault.Unavailable(op, fmt.Errorf("ask Redis: %w", err))
}

// cut bounds a text that a client sent.
func cut(text string) string {
	if len(text) > maxText {
		text = text[:maxText]
	}
	return text
}
