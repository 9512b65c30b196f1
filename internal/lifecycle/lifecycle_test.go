package lifecycle_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"devportal.internal/internal/lifecycle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// journal records what happened, in order.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) write(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

func (j *journal) read() []string { j.mu.Lock(); defer j.mu.Unlock(); return j.lines }

func (j *journal) part(name string, startErr error) lifecycle.Part {
	return lifecycle.Part{
		Name:  name,
		Start: func(context.Context) error { j.write("start " + name); return startErr },
		Stop:  func(context.Context) error { j.write("stop " + name); return nil },
	}
}

func newGroup(parts ...lifecycle.Part) *lifecycle.Group {
	group := lifecycle.NewGroup(slog.New(slog.DiscardHandler))
	for _, part := range parts {
		group.Add(part)
	}
	return group
}

func TestGroup(t *testing.T) {
	t.Parallel()
	t.Run("parts stop in reverse order when the context ends", func(t *testing.T) {
		t.Parallel()
		var j journal
		ctx, cancel := context.WithCancel(t.Context())
		err := newGroup(j.part("a", nil), j.part("b", nil)).Run(ctx, func() { j.write("ready"); cancel() })
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"start a", "start b", "ready", "stop b", "stop a"}, j.read()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("a part that cannot start stops those before it and nothing else", func(t *testing.T) {
		t.Parallel()
		var j journal
		err := newGroup(j.part("a", nil), j.part("b", io.EOF), j.part("c", nil)).Run(t.Context(), func() { t.Error("ready") })
		if !errors.Is(err, io.EOF) || !strings.Contains(err.Error(), "start b") {
			t.Errorf("error = %v", err)
		}
		if diff := cmp.Diff([]string{"start a", "start b", "stop a"}, j.read()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("a part that fails ends the run", func(t *testing.T) {
		t.Parallel()
		var j journal
		loop := lifecycle.Loop("loop", func(context.Context) error { return io.ErrUnexpectedEOF })
		err := newGroup(j.part("a", nil), loop).Run(t.Context(), func() {})
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("error = %v", err)
		}
		if diff := cmp.Diff([]string{"start a", "stop a"}, j.read()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("a panic in a loop is a failure, not the end of the process", func(t *testing.T) {
		t.Parallel()
		loop := lifecycle.Loop("loop", func(context.Context) error { panic("boom") })
		if err := newGroup(loop).Run(t.Context(), func() {}); err == nil || !strings.Contains(err.Error(), "boom") {
			t.Errorf("error = %v", err)
		}
	})
	t.Run("a stop that hangs is cut off at its deadline", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			hang := lifecycle.Part{Name: "hang", StopTimeout: time.Minute, Stop: func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			}}
			if err := newGroup(hang).Run(ctx, cancel); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error = %v", err)
			}
		})
	})
	t.Run("what starts slowly says so", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var log strings.Builder
			group := lifecycle.NewGroup(slog.New(slog.NewTextHandler(&log, nil)))
			group.Add(lifecycle.Part{Name: "PostgreSQL", Start: func(context.Context) error {
				time.Sleep(time.Second)
				return nil
			}})
			ctx, cancel := context.WithCancel(t.Context())
			if err := group.Run(ctx, cancel); err != nil || !strings.Contains(log.String(), "starting PostgreSQL…") {
				t.Errorf("log = %q, %v", log.String(), err)
			}
		})
	})
	t.Run("a signal ends the run cleanly", func(t *testing.T) {
		ctx, stop := lifecycle.UntilSignal(t.Context())
		defer stop()
		err := newGroup().Run(ctx, func() { _ = syscall.Kill(os.Getpid(), syscall.SIGTERM) })
		if err != nil {
			t.Error(err)
		}
	})
}

func TestHTTPServer(t *testing.T) {
	t.Parallel()
	t.Run("a running request is finished before the stop", func(t *testing.T) {
		t.Parallel()
		inside, finish := make(chan struct{}), make(chan struct{})
		handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(inside)
			<-finish
			_, _ = fmt.Fprint(w, "done")
		})
		address := make(chan net.Addr, 1)
		part := lifecycle.HTTPServer("main", "127.0.0.1:0", &http.Server{Handler: handler}, func(a net.Addr) { address <- a })
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- newGroup(part).Run(ctx, func() {}) }()
		body := make(chan string, 1)
		url := "http://" + (<-address).String()
		go func() { body <- get(t, url) }()
		<-inside
		cancel()
		close(finish)
		if got := <-body; got != "done" {
			t.Errorf("body = %q", got)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Run("a taken port is named", func(t *testing.T) {
		t.Parallel()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = listener.Close() }()
		part := lifecycle.HTTPServer("main", listener.Addr().String(), &http.Server{}, nil)
		err = newGroup(part).Run(t.Context(), func() {})
		if err == nil || !strings.Contains(err.Error(), listener.Addr().String()) || !strings.Contains(err.Error(), "taken") {
			t.Errorf("error = %v", err)
		}
	})
}

func get(t *testing.T, url string) string {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

func TestHealth(t *testing.T) {
	t.Parallel()
	ok := func(context.Context) error { return nil }
	bad := func(context.Context) error { return errors.New("canary") }
	tests := map[string]struct {
		prepare func(h *lifecycle.Health)
		status  string
		code    int
	}{
		"starting until told":          {func(*lifecycle.Health) {}, "starting", 503},
		"ready once started":           {func(h *lifecycle.Health) { h.SetStarted(); h.Require("a", ok) }, "ready", 200},
		"an optional one may be down":  {func(h *lifecycle.Health) { h.SetStarted(); h.Watch("a", bad) }, "ready", 200},
		"a required one may not":       {func(h *lifecycle.Health) { h.SetStarted(); h.Require("a", bad) }, "unavailable", 503},
		"draining wins over readiness": {func(h *lifecycle.Health) { h.SetStarted(); h.SetDraining() }, "draining", 503},
		"a check that panics is down": {func(h *lifecycle.Health) {
			h.SetStarted()
			h.Require("a", func(context.Context) error { panic("x") })
		}, "unavailable", 503},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &lifecycle.Health{}
			tt.prepare(h)
			for _, handler := range []http.Handler{h.ReadyHandler(), h.DetailHandler()} {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
				var body struct{ Status string }
				if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body.Status != tt.status || w.Code != tt.code {
					t.Errorf("%d %s, %v", w.Code, w.Body, err)
				}
			}
			w := httptest.NewRecorder()
			h.ReadyHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
			if strings.Contains(w.Body.String(), "canary") {
				t.Error("the main listener told a dependency's error")
			}
		})
	}
	t.Run("a check that hangs counts as down in time", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			h := &lifecycle.Health{}
			h.SetStarted()
			release := make(chan struct{})
			h.Require("deaf", func(context.Context) error { <-release; return nil })
			report := h.Report(t.Context())
			close(release)
			if report.Ready() || report.Dependencies[0].Status != "down" {
				t.Errorf("report = %+v", report)
			}
		})
	})
}

func TestLockFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	release, err := lifecycle.LockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lifecycle.LockFolder(dir); !errors.Is(err, lifecycle.ErrFolderInUse) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("second lock: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	again, err := lifecycle.LockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	_ = again()
	if _, err := lifecycle.LockFolder("/proc/nowhere"); err == nil || !strings.Contains(err.Error(), "/proc/nowhere") {
		t.Errorf("unwritable: %v", err)
	}
}
