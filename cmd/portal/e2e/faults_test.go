package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// TestStopUnderLoadFailsNoRequest ends a portal that is asked all the time and followed by many.
func TestStopUnderLoadFailsNoRequest(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir())
	c := client{listen: p.listen}
	var followers []*subscription
	for range 10 {
		followers = append(followers, c.subscribe(t, catalog, nil))
	}
	load := startLoad(t, c, 20)
	load.await(100)
	stopped := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	load.signalled.Store(stopped.UnixNano())
	for _, follower := range followers {
		if code := follower.awaitClose(); code != websocket.StatusGoingAway && code != websocket.StatusServiceRestart {
			t.Errorf("a subscription is closed with %d, want one after which clients come back", code)
		}
	}
	p.awaitExit(0)
	load.stop()
	if took := time.Since(stopped); took > 25*time.Second {
		t.Errorf("the end took %s, more than the grace period", took)
	}
	if n := load.failed.Load(); n > 0 {
		t.Errorf("%d of %d requests that were sent before the signal failed, such as: %v", n, load.done.Load(), load.example.Load())
	}
}

// awaitExit waits for a process that ends by itself, or was told to; a second signal would end it at once.
func (p *process) awaitExit(status int) {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(stopTimeout):
		p.t.Fatalf("the portal does not end:\n%s", p.output)
	}
	if code := p.cmd.ProcessState.ExitCode(); code != status {
		p.t.Errorf("the portal ended with status %d, want %d:\n%s", code, status, p.output)
	}
}

// load is clients that ask without a pause.
type load struct {
	t            testing.TB
	done, failed atomic.Int64
	signalled    atomic.Int64 // when the portal was told to end, in ns
	example      atomic.Value
	cancel       context.CancelFunc
	workers      sync.WaitGroup
	enough       chan struct{}
}

func startLoad(t testing.TB, c client, workers int) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{t: t, cancel: cancel, enough: make(chan struct{}, 1<<16)}
	t.Cleanup(l.stop)
	for range workers {
		l.workers.Go(func() {
			for ctx.Err() == nil && l.one(ctx, c) {
			}
		})
	}
	return l
}

// one asks once. A request that was written before the signal must be answered; later ones may find nobody. False ends the
// worker.
func (l *load) one(ctx context.Context, c client) bool {
	written := time.Time{}
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { written = time.Now() }}
	got, err := c.try(httptrace.WithClientTrace(ctx, trace), list, nil)
	if err == nil && len(got.Errors) > 0 && got.Errors[0].Extensions["code"] != "SHUTTING_DOWN" {
		err = errors.New(got.Errors[0].Message)
	}
	l.done.Add(1)
	select {
	case l.enough <- struct{}{}:
	default:
	}
	signalled := l.signalled.Load()
	if err == nil || ctx.Err() != nil {
		return err == nil
	}
	if signalled == 0 || !written.IsZero() && written.UnixNano() < signalled {
		l.failed.Add(1)
		l.example.Store(err.Error())
	}
	return false
}

func (l *load) await(count int) {
	l.t.Helper()
	deadline := time.After(answerTimeout)
	for range count {
		select {
		case <-l.enough:
		case <-deadline:
			l.t.Fatal("the load does not get going")
		}
	}
}

func (l *load) stop() {
	l.cancel()
	l.workers.Wait()
}

// awaitClose reads to the end of a websocket and gives the code that it was closed with.
func (s *subscription) awaitClose() websocket.StatusCode {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), stopTimeout)
	defer cancel()
	for {
		var m message
		if err := wsjson.Read(ctx, s.conn, &m); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

func TestPostgreSQLThatDiesEndsThePortalWithOneLine(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p := serve(t, data)
	before := place{client: client{listen: p.listen}, folder: data}
	registerComponent(t, before, "survivor", "everyone")
	if err := syscall.Kill(postgresOf(t, data), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.awaitExit(1)
	checkLastLine(t, p.output.String(), "PostgreSQL")

	after := client{listen: serve(t, data).listen}
	if got := after.ask(t, `{ entity(ref: "component:default/survivor") { ref } }`, nil); !strings.Contains(string(got.Data), "survivor") {
		t.Errorf("after the next start the component is %s", got.Data)
	}
}

// checkLastLine wants one line of the portal's own, at the end, that says what happened.
func checkLastLine(t *testing.T, printed, want string) {
	t.Helper()
	var own []string
	for line := range strings.Lines(printed) {
		if strings.HasPrefix(line, "portal: ") {
			own = append(own, line)
		}
	}
	if len(own) != 1 || !strings.Contains(own[0], want) || !strings.HasSuffix(printed, own[0]) || len(own[0]) > 400 {
		t.Errorf("it ends with the lines %q, want one that names %s", own, want)
	}
}

func TestSubscribersMissNothingWhenThePortalRestarts(t *testing.T) {
	t.Parallel()
	ends := map[string]func(*process){"after SIGTERM": (*process).stop, "after kill -9": (*process).kill}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testRestart(t, end)
		})
	}
}

// testRestart follows changes from before the end of a process to after the start of the next one.
func testRestart(t *testing.T, end func(*process)) {
	data := t.TempDir()
	p := serve(t, data)
	first := place{client: client{listen: p.listen}, folder: data}
	var start struct{ CatalogCursor string }
	first.data(t, `{ catalogCursor }`, nil, &start)
	live := first.subscribe(t, catalog, map[string]any{"after": start.CatalogCursor})
	location := registerLocated(t, first, "one")
	seen := follow(live, "component:default/one")
	registerComponent(t, first, "two", "everyone")
	end(p)

	p = serve(t, data)
	second := place{client: client{listen: p.listen}, folder: data}
	registerComponent(t, second, "three", "everyone")
	resumed := second.subscribe(t, catalog, map[string]any{"after": seen[len(seen)-1].CatalogChanges.Cursor})
	seen = append(seen, follow(resumed, "component:default/three")...)
	second.data(t, `mutation($id: ID!) { unregisterLocation(input: {id: $id}) { userErrors { code } } }`, map[string]any{"id": location}, &struct{}{})
	seen = append(seen, follow(resumed, "component:default/one")...)

	var got, cursors []string
	for _, event := range seen {
		cursors = append(cursors, event.CatalogChanges.Cursor)
		if name, ok := strings.CutPrefix(event.CatalogChanges.Ref, "component:default/"); ok && slices.Contains([]string{"one", "two", "three"}, name) {
			got = append(got, event.CatalogChanges.Change+" "+name)
		}
	}
	if want := []string{"ADDED one", "ADDED two", "ADDED three", "REMOVED one"}; !slices.Equal(got, want) {
		t.Errorf("the changes are %q, want %q", got, want)
	}
	slices.Sort(cursors)
	if len(slices.Compact(cursors)) != len(seen) {
		t.Errorf("a cursor comes twice among %d events", len(seen))
	}
	again := second.subscribe(t, catalog, map[string]any{"after": start.CatalogCursor})
	if all := follow(again, "component:default/three"); len(all) != len(seen)-1 && !endsWith(all, seen[:len(seen)-1]) {
		t.Errorf("from the first cursor come %d events, want the %d that were seen", len(all), len(seen)-1)
	}
}

// follow collects events up to and with the first of an entity.
func follow(s *subscription, ref string) (events []catalogEvent) {
	s.t.Helper()
	for {
		var event catalogEvent
		if !s.next(&event) {
			s.t.Fatalf("the subscription is complete before %s comes", ref)
		}
		events = append(events, event)
		if event.CatalogChanges.Ref == ref {
			return events
		}
	}
}

func endsWith(events, tail []catalogEvent) bool {
	if len(events) < len(tail) {
		return false
	}
	for i, event := range events[len(events)-len(tail):] {
		if event.CatalogChanges.Cursor != tail[i].CatalogChanges.Cursor {
			return false
		}
	}
	return true
}

// registerLocated is registerComponent, and gives the id of the location.
func registerLocated(t *testing.T, p place, name string) string {
	t.Helper()
	file := filepath.Join(p.folder, "repositories", name, "catalog-info.yaml")
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, fmt.Appendf(nil, newComponent, name, "everyone"), 0o600); err != nil {
		t.Fatal(err)
	}
	var data registration
	p.data(t, register, map[string]any{"input": map[string]any{"type": "file", "target": file}}, &data)
	if data.RegisterLocation == nil || data.RegisterLocation.Location == nil {
		t.Fatalf("registered %+v", data.RegisterLocation)
	}
	return data.RegisterLocation.Location.ID
}
