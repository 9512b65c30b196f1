package events_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// redisServer is a Redis that a test may kill and start again. It comes back empty, at the same address.
type redisServer interface {
	kill()
	start()
}

// startRedis starts a real Redis where one is installed, and one within the process else.
func startRedis(t *testing.T) (redisServer, *redis.Client) {
	t.Helper()
	options := &redis.Options{MaxRetries: -1, DialTimeout: time.Second}
	var server redisServer
	if path, err := exec.LookPath("redis-server"); err == nil {
		dir, err := os.MkdirTemp("", "redis")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		options.Network, options.Addr = "unix", filepath.Join(dir, "s")
		server = &realRedis{t: t, path: path, dir: dir}
	} else {
		t.Log("no redis-server is installed: testing against miniredis")
		embedded := &embeddedRedis{t: t, server: miniredis.NewMiniRedis()}
		server = embedded
		server.start()
		options.Addr = embedded.server.Addr()
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	if real, ok := server.(*realRedis); ok {
		real.client = client
		real.start()
	}
	t.Cleanup(server.kill)
	return server, client
}

// realRedis is a redis-server on a unix socket, which keeps nothing on the disk.
type realRedis struct {
	t         *testing.T
	path, dir string
	client    *redis.Client
	process   *exec.Cmd
}

func (r *realRedis) start() {
	r.process = exec.Command(r.path, "--port", "0", "--unixsocket", filepath.Join(r.dir, "s"), "--dir", r.dir, "--save", "", "--appendonly", "no")
	if err := r.process.Start(); err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for r.client.Ping(ctx).Err() != nil {
		if ctx.Err() != nil {
			r.t.Fatal("redis-server did not start")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (r *realRedis) kill() {
	if r.process != nil {
		_ = r.process.Process.Kill()
		_ = r.process.Wait()
		r.process = nil
	}
}

// embeddedRedis is a miniredis.
type embeddedRedis struct {
	t       *testing.T
	server  *miniredis.Miniredis
	address string
}

func (r *embeddedRedis) start() {
	if r.address != "" {
		r.server = miniredis.NewMiniRedis()
	}
	start := r.server.Start
	if r.address != "" {
		start = func() error { return r.server.StartAddr(r.address) }
	}
	if err := start(); err != nil {
		r.t.Fatal(err)
	}
	r.address = r.server.Addr()
}

func (r *embeddedRedis) kill() { r.server.Close() }
