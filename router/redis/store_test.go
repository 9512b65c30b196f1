package redis_test

import (
	"context"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"devportal.internal/router/budget"
	"devportal.internal/router/redis"
)

// servers are the URLs of a real Redis, where there is one, and of the one in this process.
func servers(t *testing.T) map[string]string {
	t.Helper()
	urls := map[string]string{"miniredis": "redis://" + miniredis.RunT(t).Addr()}
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return urls
	}
	socket := filepath.Join(t.TempDir(), "r")
	server := exec.CommandContext(t.Context(), program, "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", filepath.Dir(socket))
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Wait() })
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			_ = conn.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	urls["redis-server"] = "unix://" + socket
	return urls
}

func open(t *testing.T, url string) *redis.Store {
	t.Helper()
	store, err := redis.Open(url, "test:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func TestStore_counts_as_a_counter_must(t *testing.T) {
	t.Parallel()
	for name, url := range servers(t) {
		store := open(t, url)
		now := int64(1_700_000_000_123_456)
		for _, c := range []struct{ floor, by, want int64 }{
			{now, 1000, now + 1000},
			{now + 10, 1000, now + 2000},
			{now + 5000, 1, now + 5001},
			{now + 5000, -5001, now},
		} {
			got, err := store.Advance(t.Context(), "a", c.floor, c.by, time.Minute)
			if err != nil || got != c.want {
				t.Errorf("%s: %+v: got %d, %v", name, c, got, err)
			}
		}
	}
}

func TestStore_gives_replicas_one_budget(t *testing.T) {
	t.Parallel()
	for name, url := range servers(t) {
		now := time.Now()
		bucket := budget.Bucket{Size: 100, Restore: 1}
		var group sync.WaitGroup
		given := make(chan int, 400)
		for range 4 {
			replica := budget.New(budget.Options{Shared: open(t, url), Now: func() time.Time { return now }})
			for range 5 {
				group.Go(func() {
					for range 10 {
						if _, wait := replica.Take(context.Background(), "a", 1, bucket); wait == 0 {
							given <- 1
						}
					}
				})
			}
			t.Cleanup(func() {
				if replica.Local() {
					t.Errorf("%s: a replica counted for itself", name)
				}
			})
		}
		group.Wait()
		if len(given) > 100 || len(given) < 80 {
			t.Errorf("%s: %d of 100 points were given", name, len(given))
		}
	}
}

func TestStore_keeps_texts(t *testing.T) {
	t.Parallel()
	for name, url := range servers(t) {
		store := open(t, url)
		if text, err := store.Text(t.Context(), "k"); text != "" || err != nil {
			t.Errorf("%s: nothing: %q, %v", name, text, err)
		}
		if err := store.KeepText(t.Context(), "k", "{a}", time.Minute); err != nil {
			t.Fatal(err)
		}
		if text, err := store.Text(t.Context(), "k"); text != "{a}" || err != nil {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}

func TestOpen_does_not_repeat_a_password(t *testing.T) {
	t.Parallel()
	if _, err := redis.Open("http://user:canary@x", "p"); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v", err)
	}
}
