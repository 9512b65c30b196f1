package transport_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"devportal.internal/router/transport"
)

func TestSocket_storms_are_let_in_at_a_steady_rate(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(transport.New(broken{}, transport.Options{Limits: transport.Limits{Admissions: 20}}))
	t.Cleanup(server.Close)
	var mu sync.Mutex
	admitted, hints := 0, map[int]bool{}
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			conn, resp, err := websocket.Dial(context.Background(), server.URL, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				admitted++
				_ = conn.CloseNow()
				return
			}
			if resp == nil || resp.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("got %v, %v", resp, err)
				return
			}
			again, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
			hints[again] = true
		})
	}
	wg.Wait()
	if admitted < 20 || admitted > 150 {
		t.Errorf("%d of 200 were let in", admitted)
	}
	if len(hints) < 2 || hints[0] {
		t.Errorf("told to come again after %v seconds", hints)
	}
}
