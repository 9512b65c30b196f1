package redis_test

import (
	"context"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"devportal.internal/internal/redis"
	"devportal.internal/internal/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// realServer starts redis-server on a unix socket and gives its URL.
func realServer(t *testing.T) telemetry.Secret {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not installed: only the in-process Redis is tested")
	}
	socket := filepath.Join(t.TempDir(), "redis.sock")
	cmd := exec.Command(program, "--port", "0", "--unixsocket", socket, "--save", "", "--daemonize", "no")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		if conn, err := net.Dial("unix", socket); err == nil {
			_ = conn.Close()
			return telemetry.Secret("unix://" + socket)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("redis-server did not become ready")
	return ""
}

func TestOpen(t *testing.T) {
	t.Parallel()
	t.Run("within the process", func(t *testing.T) {
		t.Parallel()
		contract(t, "")
	})
	t.Run("a real server", func(t *testing.T) {
		t.Parallel()
		contract(t, realServer(t))
	})
	t.Run("a server that is not there is an error that hides the password", func(t *testing.T) {
		t.Parallel()
		_, err := redis.Open(t.Context(), "redis://:canary@127.0.0.1:1/0")
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("error = %v", err)
		}
		_, err = redis.Open(t.Context(), "http://:canary@127.0.0.1")
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("error = %v", err)
		}
	})
	t.Run("strangers cannot use the embedded server", func(t *testing.T) {
		t.Parallel()
		handle, err := redis.Open(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = handle.Close() }()
		stranger := goredis.NewClient(&goredis.Options{Addr: handle.Client.Options().Addr, MaxRetries: -1})
		defer func() { _ = stranger.Close() }()
		if err := stranger.Get(t.Context(), "x").Err(); err == nil || !strings.Contains(err.Error(), "NOAUTH") {
			t.Errorf("error = %v", err)
		}
	})
}

// contract is what every Redis behind Open must do.
func contract(t *testing.T, url telemetry.Secret) {
	t.Helper()
	handle, err := redis.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := handle.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx, client := t.Context(), handle.Client
	if err := client.Set(ctx, "short", "x", 200*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	awaitExpiry(ctx, t, client)
	id, err := client.XAdd(ctx, &goredis.XAddArgs{Stream: "s", MaxLen: 10, Values: []string{"a", "b"}}).Result()
	if err != nil {
		t.Fatal(err)
	}
	read, err := client.XRead(ctx, &goredis.XReadArgs{Streams: []string{"s", "0"}, Count: 5}).Result()
	if err != nil || len(read) != 1 || read[0].Messages[0].ID != id {
		t.Errorf("stream = %+v, %v", read, err)
	}
	if err := handle.Check(ctx); err != nil {
		t.Error(err)
	}
}

func awaitExpiry(ctx context.Context, t *testing.T, client *goredis.Client) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for client.Exists(ctx, "short").Val() == 1 {
		if time.Now().After(deadline) {
			t.Fatal("the key did not expire")
		}
		time.Sleep(20 * time.Millisecond)
	}
}
