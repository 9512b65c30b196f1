package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"devportal.internal/cmd/portal/internal/loopback"
)

const (
	startTimeout = 90 * time.Second
	stopTimeout  = 40 * time.Second
)

//nolint:gochecknoglobals // one of each for all tests of the package
var (
	binary    string // built by TestMain
	addresses loopback.Addresses
)

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

// runTests builds the binary and runs the tests with it. It is what `make build` makes, but for -trimpath: with it nothing
// of what else a run of the tests has compiled could be used again.
func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "portal-e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "portal")
	build := exec.Command("go", "build", "-o", binary, "devportal.internal/cmd/portal")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the portal:", err)
		return 1
	}
	return m.Run()
}

// root is the repository's root folder.
func root(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// output collects what a process prints. It is safe for concurrent use.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// process is a running portal, or a part of one.
type process struct {
	t      testing.TB
	cmd    *exec.Cmd
	listen string
	admin  string
	output *output
	ended  chan struct{}
}

// freeAddress is a loopback address that nobody listens on.
func freeAddress(t testing.TB) string {
	t.Helper()
	address, err := addresses.Free()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// exampleSettings are the flags by which a process runs over the examples with a data folder of its own.
func exampleSettings(t testing.TB, data string) []string {
	t.Helper()
	return []string{"--config", filepath.Join(root(t), "examples", "portal.yaml"), "--data", data}
}

// settings are those of a portal whose tasks publish into its data folder.
func settings(t testing.TB, data string) []string {
	t.Helper()
	repositories := filepath.Join(data, "repositories")
	return append(exampleSettings(t, data),
		"--file-roots", filepath.Join(root(t), "examples")+","+repositories, "--scaffolder-git-roots", repositories)
}

// launch starts the binary with these arguments.
func launch(t testing.TB, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(binary, args...), output: &output{}, ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.Env = append(os.Environ(), "PORTAL_LOG_LEVEL=warn")
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait()
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s printed:\n%s", strings.Join(args[:1], " "), p.output)
		}
	})
	return p
}

// serve starts a whole portal over the examples and waits until it is ready.
func serve(t testing.TB, data string, more ...string) *process {
	t.Helper()
	listen, admin := freeAddress(t), freeAddress(t)
	args := append([]string{"serve", "--listen", listen, "--admin-listen", admin}, settings(t, data)...)
	p := launch(t, append(args, more...)...)
	p.listen, p.admin = listen, admin
	p.awaitReady()
	return p
}

func (p *process) awaitReady() {
	p.t.Helper()
	deadline := time.Now().Add(startTimeout)
	for time.Now().Before(deadline) {
		select {
		case <-p.ended:
			p.t.Fatalf("the portal ended before it was ready:\n%s", p.output)
		case <-time.After(20 * time.Millisecond):
		}
		response, err := http.Get("http://" + p.admin + "/readyz")
		if err != nil {
			continue
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return
		}
	}
	p.t.Fatalf("the portal is not ready after %s:\n%s", startTimeout, p.output)
}

// stop asks the process to end and waits for it; it must end by itself, with status 0.
func (p *process) stop() {
	p.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(stopTimeout):
		p.t.Fatalf("the portal does not stop:\n%s", p.output)
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		p.t.Errorf("the portal ended with status %d:\n%s", code, p.output)
	}
}

// kill ends the process as kill -9 does.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// fails runs the binary, which must end with status 1, and gives what it printed.
func fails(t testing.TB, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	printed, err := exec.CommandContext(ctx, binary, args...).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Fatalf("portal %v: %v, want status 1; it printed:\n%s", args, err, printed)
	}
	return string(printed)
}

// prints runs the binary, which must end with status 0, and gives its standard output.
func prints(t testing.TB, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	var errors bytes.Buffer
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Stderr = &errors
	printed, err := cmd.Output()
	if err != nil {
		t.Fatalf("portal %v: %v\n%s", args, err, &errors)
	}
	return strings.TrimSpace(string(printed))
}
