package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/lifecycle"
	"devportal.internal/internal/postgres"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

// start starts a server that may forget what it committed last, which spares the disk.
func start(t *testing.T, dir string) *postgres.Server {
	t.Helper()
	return startWith(t, postgres.ServerOptions{DataDir: dir, Volatile: true})
}

func startWith(t *testing.T, opts postgres.ServerOptions) *postgres.Server {
	t.Helper()
	opts.Progress = func(line string) { t.Log(line) }
	server, err := postgres.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func stop(t *testing.T, server *postgres.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Second)
	defer cancel()
	if err := server.Stop(ctx); err != nil {
		t.Fatal(err)
	}
}

func query(t *testing.T, server *postgres.Server, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var got string
	if err := conn.QueryRow(t.Context(), sql).Scan(&got); err != nil {
		t.Fatal(err)
	}
	return got
}

func execute(t *testing.T, server *postgres.Server, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	t.Run("data survives a stop and the second start reuses the cluster", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		began := time.Now()
		server := start(t, dir)
		t.Logf("first start took %v", time.Since(began))
		execute(t, server, "create table kept (x int)")
		stop(t, server)
		began = time.Now()
		server = start(t, dir)
		t.Logf("second start took %v", time.Since(began))
		if got := query(t, server, "select to_regclass('kept')::text"); got != "kept" {
			t.Errorf("table = %q", got)
		}
		stop(t, server)
	})
	t.Run("it listens on no network and folds the case of letters beyond ASCII", func(t *testing.T) {
		t.Parallel()
		server := start(t, t.TempDir())
		defer stop(t, server)
		if got := query(t, server, "show listen_addresses"); got != "" {
			t.Errorf("listen_addresses = %q", got)
		}
		if got := query(t, server, "select lower('ÜBER')"); got != "über" {
			t.Errorf("lower = %q", got)
		}
	})
	t.Run("a second start on the same folder is refused by name", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		server := start(t, dir)
		defer stop(t, server)
		_, err := postgres.Start(t.Context(), postgres.ServerOptions{DataDir: dir})
		if !errors.Is(err, lifecycle.ErrFolderInUse) || !contains(err.Error(), dir) {
			t.Errorf("error = %v", err)
		}
	})
	t.Run("an old pid file whose process id went to somebody else is no hindrance", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		stop(t, start(t, dir))
		pidFile := filepath.Join(dir, "cluster", "postmaster.pid")
		content := fmt.Sprintf("%d\n%s\n%d\n5432\n/tmp\n", os.Getppid(), filepath.Join(dir, "cluster"), time.Now().Unix())
		if err := os.WriteFile(pidFile, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		stop(t, start(t, dir))
	})
	t.Run("a very long data folder does not lengthen the socket's path", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 40))
		server := start(t, dir)
		defer stop(t, server)
		query(t, server, "select 'reached'")
	})
	t.Run("a server that is killed says so, and one that is stopped does not", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		server := start(t, dir)
		if err := syscall.Kill(serverPID(t, dir), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if err := <-server.Failed(); err == nil {
			t.Error("no error")
		}
		stop(t, server)
		server = start(t, dir)
		stop(t, server)
		select {
		case err := <-server.Failed():
			t.Errorf("a stopped server failed: %v", err)
		default:
		}
	})
	t.Run("a folder that cannot be written is named", func(t *testing.T) {
		t.Parallel()
		_, err := postgres.Start(t.Context(), postgres.ServerOptions{DataDir: "/proc/nowhere"})
		if err == nil || !contains(err.Error(), "/proc/nowhere") {
			t.Errorf("error = %v", err)
		}
	})
	t.Run("an unusable PG_BIN is named and not replaced by another", func(t *testing.T) {
		t.Parallel()
		empty := t.TempDir()
		_, err := postgres.Start(t.Context(), postgres.ServerOptions{DataDir: t.TempDir(), BinDir: empty})
		if err == nil || !contains(err.Error(), "PORTAL_PG_BIN") || !contains(err.Error(), empty) {
			t.Errorf("error = %v", err)
		}
	})
	t.Run("a cluster of a version that nobody has is not overwritten", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, "cluster"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "cluster", "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := postgres.Start(t.Context(), postgres.ServerOptions{DataDir: dir})
		for _, part := range []string{"version 9", "PORTAL_DATABASE_URL", "PORTAL_PG_BIN", "npm"} {
			if err == nil || !contains(err.Error(), part) {
				t.Errorf("error %v does not mention %q", err, part)
			}
		}
	})
}

// childEnv makes this test binary run as a small program that starts a server in the folder and waits for its input's
// end.
const childEnv = "PORTAL_TEST_SERVER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		os.Exit(runChild(dir))
	}
	os.Exit(m.Run())
}

func runChild(dir string) int {
	server, err := postgres.Start(context.Background(), postgres.ServerOptions{DataDir: dir})
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := server.Stop(context.Background()); err != nil {
		fmt.Println("error:", err)
		return 1
	}
	fmt.Println("stopped")
	return 0
}

// child starts the test binary as that program and returns once it is ready.
func child(t *testing.T, dir string, cred *syscall.Credential) (*exec.Cmd, io.WriteCloser) {
	t.Helper()
	cmd := exec.Command(executable(t, cred), "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+dir, "HOME="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 1000)
	n, err := stdout.Read(line)
	if err != nil || !contains(string(line[:n]), "ready") {
		t.Fatalf("child said %q, %v", line[:n], err)
	}
	return cmd, stdin
}

// executable gives the test binary, copied to where another user may run it when there is a credential.
func executable(t *testing.T, cred *syscall.Credential) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if cred == nil {
		return self
	}
	content, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(sharedDir(t), "program")
	if err := os.WriteFile(path, content, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// sharedDir is a temporary folder that every user may enter; t.TempDir is our own.
func sharedDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "portal-shared-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func serverPID(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "cluster", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// ended reports whether a process is gone, or waits only for its parent to notice.
func ended(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
	}
	return contains(string(stat), ") Z ")
}

func TestStartAsOrdinaryUser(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("every other test already runs as an ordinary user")
	}
	for name, uid := range map[string]uint32{"a uid with a name": 65534, "a uid without a name": 12345} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(sharedDir(t), "data")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Chown(dir, int(uid), int(uid)); err != nil {
				t.Fatal(err)
			}
			cmd, stdin := child(t, dir, &syscall.Credential{Uid: uid, Gid: uid})
			if err := stdin.Close(); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("child: %v", err)
			}
		})
	}
}

func TestKilledPortal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd, _ := child(t, dir, nil)
	pid := serverPID(t, dir)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	t.Run("the next start works at once", func(t *testing.T) {
		began := time.Now()
		server := start(t, dir)
		t.Logf("start after a kill took %v", time.Since(began))
		stop(t, server)
	})
	t.Run("no server is left behind", func(t *testing.T) {
		deadline := time.Now().Add(10 * time.Second)
		for !ended(pid) {
			if time.Now().After(deadline) {
				t.Fatalf("process %d still lives", pid)
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
}
