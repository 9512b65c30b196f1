package e2e_test

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestStartFailsWithOneClearLine(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	unwritable := unwritableFolder(t)
	tests := map[string]struct {
		args []string
		want string
	}{
		"when the data folder is not ours":   {[]string{"--data", unwritable}, unwritable},
		"when the port is taken":             {[]string{"--listen", taken.Addr().String()}, taken.Addr().String()},
		"when the data folder is no folder":  {[]string{"--data", file}, file},
		"when PostgreSQL is not where it is": {[]string{"--pg-bin", t.TempDir()}, "PORTAL_PG_BIN"},
		"when a setting is unknown":          {[]string{"--no-such-setting", "1"}, "--no-such-setting"},
		"when a setting is invalid":          {[]string{"--grace-period", "soon"}, "grace-period"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"serve", "--listen", freeAddress(t), "--admin-listen", freeAddress(t)}, settings(t, t.TempDir())...)
			printed := fails(t, replaceFlags(args, tt.args)...)
			lines := strings.Split(strings.TrimSpace(printed), "\n")
			last := lines[len(lines)-1]
			if !strings.HasPrefix(last, "portal: ") || !strings.Contains(last, tt.want) {
				t.Errorf("the last line is %q, want one that names %q", last, tt.want)
			}
		})
	}
}

// unwritableFolder is one that nothing can be put into: not by root either.
func unwritableFolder(t *testing.T) string {
	t.Helper()
	if os.Geteuid() == 0 {
		return "/proc/sys/portal"
	}
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	return folder
}

// replaceFlags gives flags another value, or adds them.
func replaceFlags(args, flags []string) []string {
	for i, arg := range args {
		if arg == flags[0] {
			args[i+1] = flags[1]
			return args
		}
	}
	return append(args, flags...)
}

func TestSecondStartOnTheSameDataFolderIsRefused(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	serve(t, data)
	args := append([]string{"serve", "--listen", freeAddress(t), "--admin-listen", freeAddress(t)}, settings(t, data)...)
	if printed := fails(t, args...); !strings.Contains(printed, data) {
		t.Errorf("it printed %q, want the folder that is in use", printed)
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	first := serve(t, data)
	server := postgresOf(t, data)

	t.Log("kill -9")
	first.kill()
	awaitEnd(t, server)

	t.Log("the next start works, and ends cleanly")
	second := serve(t, data)
	server = postgresOf(t, data)
	second.stop()
	awaitEnd(t, server)
}

// postgresOf is the process id of the private server in a data folder.
func postgresOf(t *testing.T, data string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, "postgres", "cluster", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.SplitN(string(text), "\n", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// awaitEnd waits until a process is gone, or is dead and only not yet waited for.
func awaitEnd(t *testing.T, pid int) {
	t.Helper()
	deadline := time.Now().Add(stopTimeout)
	for time.Now().Before(deadline) {
		if syscall.Kill(pid, 0) != nil || isZombie(pid) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("process %d is still there", pid)
}

func isZombie(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	_, after, found := strings.Cut(string(stat), ") ")
	return found && strings.HasPrefix(after, "Z")
}
