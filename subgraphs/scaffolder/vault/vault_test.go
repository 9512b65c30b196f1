package vault_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/subgraphs/scaffolder/vault"
)

func TestASealedSecretOpensForItsTaskAlone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keys", "secrets.key")
	first, err := vault.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]any{"KEY": "canary"}
	sealed, err := first.Seal("task-1", secrets)
	if err != nil || bytes.Contains(sealed, []byte("canary")) {
		t.Fatalf("sealed %q, %v", sealed, err)
	}
	second, err := vault.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := second.Unseal("task-1", sealed)
	if diff := cmp.Diff(secrets, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := second.Unseal("task-2", sealed); err == nil {
		t.Error("another task opens it")
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := second.Unseal("task-1", sealed); err == nil {
		t.Error("what was changed opens")
	}
}

func TestAKeyThatOthersMayReadIsRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secrets.key")
	if err := os.WriteFile(file, make([]byte, 32), 0o644); err != nil { //nolint:gosec // the test is about that
		t.Fatal(err)
	}
	if _, err := vault.Open(file); err == nil {
		t.Error("no error")
	}
}
