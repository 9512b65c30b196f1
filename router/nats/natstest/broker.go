// Package natstest runs a NATS server with JetStream in the process of a test.
package natstest

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// patience is more than a start takes on a busy machine.
const patience = 30 * time.Second

// Broker is a NATS server that can be stopped and started again with what it kept. Its password is "canary".
type Broker struct {
	t      testing.TB
	folder string
	port   int
	server *server.Server
}

// New starts a server, until the test ends.
func New(t testing.TB) *Broker {
	t.Helper()
	b := &Broker{t: t, folder: t.TempDir(), port: server.RANDOM_PORT}
	b.Start()
	b.port = b.server.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // it listens on TCP
	t.Cleanup(b.Stop)
	return b
}

// Start starts the server again, at the same port.
func (b *Broker) Start() {
	b.t.Helper()
	made, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: b.port, JetStream: true, StoreDir: b.folder, NoLog: true, NoSigs: true,
		Users: []*server.User{{Username: "router", Password: "canary"}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	made.Start()
	if !made.ReadyForConnections(patience) {
		b.t.Fatal("the server does not start")
	}
	b.server = made
}

// Stop stops the server.
func (b *Broker) Stop() {
	b.server.Shutdown()
	b.server.WaitForShutdown()
}

// URL is where the server is, with user and password.
func (b *Broker) URL() string { return fmt.Sprintf("nats://router:canary@127.0.0.1:%d", b.port) }

// Client is somebody who publishes.
func (b *Broker) Client() jetstream.JetStream {
	b.t.Helper()
	conn, err := nats.Connect(b.URL())
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		b.t.Fatal(err)
	}
	return js
}

// Keep makes, or changes, the JetStream stream ORDERS, which keeps the subjects orders.*.
func (b *Broker) Keep(config jetstream.StreamConfig) {
	b.t.Helper()
	config.Name, config.Subjects = "ORDERS", []string{"orders.*"}
	if _, err := b.Client().CreateOrUpdateStream(b.t.Context(), config); err != nil {
		b.t.Fatal(err)
	}
}
