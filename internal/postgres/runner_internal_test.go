//go:build linux

package postgres

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
)

// TestOtherUser drives the fall-back for root where user namespaces are forbidden, which cannot be forbidden from
// inside a test: so it is chosen here by hand, in a folder that only root may enter.
func TestOtherUser(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root can change its credentials")
	}
	private := t.TempDir()
	if err := os.Chmod(private, 0o700); err != nil {
		t.Fatal(err)
	}
	s := &Server{opts: ServerOptions{Progress: func(string) {}}}
	var err error
	if s.layout, err = newLayout(filepath.Join(private, "data")); err != nil {
		t.Fatal(err)
	}
	if s.release, err = s.layout.lock(); err != nil {
		t.Fatal(err)
	}
	if err := s.findInstallation(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := newOtherUser(s.layout, s.install)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.startAs(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), s.URL())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close(t.Context())
	info, err := os.Stat(s.layout.cluster())
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("cluster: %v, %v", info, err)
	}
	if err := s.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
}
