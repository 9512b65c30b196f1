package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/config"
	"devportal.internal/internal/signin/keys"
	signinpg "devportal.internal/internal/signin/postgres"
	"devportal.internal/internal/signin/revocation"
	"devportal.internal/internal/signin/seal"
	"devportal.internal/internal/signin/session"
	"devportal.internal/internal/signin/tooltoken"
)

// credentials are what proves who somebody is: sessions, access tokens, tokens for tools.
type credentials struct {
	seal     *seal.Seal     // nil where there is no rotation
	rotation *keys.Rotation // nil where nobody can sign in
	keys     auth.Keys
	tokens   *auth.Tokens // accepts what any key of the portal signed
	sessions *session.Sessions
	tools    *tooltoken.Tokens
	store    *signinpg.Tokens

	revocations *revocation.Revocations
	secure      bool // browsers reach the portal over TLS
}

func (f *foundation) openCredentials(ctx context.Context) (err error) {
	c, settings := &f.signin, f.settings.SignIn
	printed, err := openKeys(tokenKeyFile(f.settings))
	if err != nil {
		return err
	}
	c.keys = printed
	if err := f.openRotation(ctx, printed); err != nil {
		return err
	}
	c.tokens = auth.NewTokens(c.keys)
	c.revocations = revocation.New(f.pool, f.logger)
	c.sessions = session.New(f.redis.Client, c.seal, c.tokens, session.Settings{
		Limit: settings.SessionLimit, Idle: settings.SessionIdle, AccessLife: settings.AccessLife, Ended: c.revocations.Revoke,
	})
	c.revocations.OnRevoked(f.endRevoked)
	c.store = signinpg.NewTokens(f.pool)
	c.tools = tooltoken.New(c.store, nil)
	c.secure = strings.HasPrefix(settings.PublicURL, "https://")
	return nil
}

// endRevoked ends the sessions of somebody who was signed out everywhere by another process.
func (f *foundation) endRevoked(ctx context.Context, credential string) {
	ctx, cancel := context.WithTimeout(ctx, endTimeout)
	defer cancel()
	if err := f.signin.sessions.EndRevoked(ctx, credential); err != nil {
		f.logger.WarnContext(ctx, "sessions that were revoked could not be ended", "error", err.Error())
	}
}

// endTimeout is how long ending revoked sessions may take.
const endTimeout = 5 * time.Second

// openRotation opens the keys of access tokens. Where several processes run and nobody can sign in, there are none: each
// process would make an encryption key of its own.
func (f *foundation) openRotation(ctx context.Context, printed *auth.KeyRing) (err error) {
	c, settings := &f.signin, f.settings.SignIn
	shared := settings.EncryptionKey.IsSet() || settings.EncryptionKeyFile != ""
	switch {
	case f.mode == beside:
		return nil
	case f.mode == apart && settings.HasProvider() && f.redis.Embedded:
		return errors.New("setting redis_url: must be set where people sign in and the portal runs in several processes: sessions are kept there")
	case f.mode == apart && settings.HasProvider() && !shared:
		return errors.New("setting signin.encryption_key_file: must be set where people sign in and the portal runs in several processes")
	case f.mode == apart && !shared:
		return nil
	}
	if c.seal, err = openSeal(f.settings); err != nil {
		return err
	}
	c.rotation, err = keys.Open(ctx, signinpg.NewKeys(f.pool), c.seal, keys.Settings{
		Every: settings.KeyRotation, Overlap: settings.KeyOverlap, Logger: f.logger,
	})
	if err == nil {
		c.keys = auth.Either(c.rotation, printed)
	}
	return err
}

// openSeal reads the key that signing keys are encrypted with, and makes one in the data folder where the settings give
// none.
func openSeal(settings *config.Settings) (*seal.Seal, error) {
	if text := settings.SignIn.EncryptionKey.Reveal(); text != "" {
		return seal.Parse(text)
	}
	if file := settings.SignIn.EncryptionKeyFile; file != "" {
		return seal.Open(file, false)
	}
	folder := filepath.Join(settings.Data, "keys")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	return seal.Open(filepath.Join(folder, "encryption.key"), true)
}

// cookie is the name of the session cookie. A name that begins with __Host- can be set by this very host alone, over TLS.
func (c *credentials) cookie() string {
	if c.secure {
		return "__Host-portal-session"
	}
	return "portal-session"
}

// serveJWKS tells whoever wants to verify access tokens the public keys.
func (c *credentials) serveJWKS(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(auth.JWKS(c.keys))
}
