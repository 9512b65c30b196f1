package e2e_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestClients runs the clients and tools of testdata/clients against a portal. `make test-clients` installs them first.
func TestClients(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(filepath.Join("testdata", "clients", "node_modules")); errors.Is(err, fs.ErrNotExist) {
		t.Skip("the clients are not installed: run make test-clients")
	}
	data := t.TempDir()
	p := serve(t, data)
	folder := filepath.Join(data, "repositories")
	node := exec.CommandContext(t.Context(), "npm", "test", "--silent")
	node.Dir = filepath.Join("testdata", "clients")
	node.Env = append(os.Environ(), "PORTAL_LISTEN="+p.listen, "PORTAL_FOLDER="+folder,
		"PORTAL_TOKEN="+prints(t, "token", "--user", "user:default/robin.vale", "--role", "admin", "--data", data))
	if printed, err := node.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, printed)
	} else if testing.Verbose() {
		t.Logf("%s", printed)
	}
}
