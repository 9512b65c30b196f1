package postgrestest_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"devportal.internal/internal/postgres"
	"devportal.internal/internal/postgres/postgrestest"
)

// victimEnv makes TestVictim a process that uses a database, says where its server is, and never ends.
const victimEnv = "PORTAL_TEST_VICTIM"

func TestVictim(t *testing.T) {
	if os.Getenv(victimEnv) == "" {
		t.Skip("runs only as a process of TestKilledTestProcess")
	}
	var dir string
	if err := postgrestest.New(t).QueryRow(t.Context(), "show data_directory").Scan(&dir); err != nil {
		t.Fatal(err)
	}
	fmt.Println("server", dir)
	select {}
}

func TestKilledTestProcess(t *testing.T) {
	t.Parallel()
	if os.Getenv("PORTAL_TEST_DATABASE_URL") != "" {
		t.Skip("the server is not ours")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestVictim$")
	cmd.Env = append(os.Environ(), victimEnv+"=1")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	cluster, ok := strings.CutPrefix(strings.TrimSpace(line), "server ")
	if err != nil || !ok {
		t.Fatalf("the victim said %q, %v", line, err)
	}
	pid := serverPID(t, cluster)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	await(t, "the server's end", func() bool { return ended(pid) })
	await(t, "the removal of its files", func() bool {
		_, err := os.Stat(filepath.Dir(cluster))
		return errors.Is(err, os.ErrNotExist)
	})
}

// ended reports whether a process is gone, or waits only for its parent to notice.
func ended(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
	}
	return strings.Contains(string(stat), ") Z ")
}

func serverPID(t *testing.T, cluster string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(cluster, "postmaster.pid"))
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

func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestDatabasesAreApart(t *testing.T) {
	t.Parallel()
	migrations := postgres.Migrations{Schema: "s", Files: fstest.MapFS{
		"00001_t.sql": {Data: []byte("-- +goose Up\ncreate table s.t (n int);\n")},
	}}
	for range 8 {
		t.Run("each test finds its tables empty", func(t *testing.T) {
			t.Parallel()
			pool := postgrestest.New(t, migrations)
			if _, err := pool.Exec(t.Context(), "insert into s.t values (1)"); err != nil {
				t.Fatal(err)
			}
			var n int
			if err := pool.QueryRow(t.Context(), "select count(*) from s.t").Scan(&n); err != nil || n != 1 {
				t.Errorf("count = %d, %v", n, err)
			}
		})
	}
}
