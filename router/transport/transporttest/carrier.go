package transporttest

import (
	"net/http"
	"testing"
	"time"
)

// Patience is how long a Carrier waits for an answer.
const Patience = time.Minute

// Answer is what came back first.
type Answer struct {
	// Status and Header are the HTTP response's; a websocket's are those of the upgrade.
	Status int
	Header http.Header

	// Body is the response map.
	Body string

	// Close is the code that a websocket was closed with in place of an answer.
	Close int
}

// Carrier takes requests over one transport. It is used by one goroutine.
type Carrier struct {
	Name string
	Send func(t testing.TB, request string) Answer
}

// Carriers are those of an endpoint (http://…/graphql), whose requests all have the header. The endpoint must take
// batches.
func Carriers(t testing.TB, endpoint string, header http.Header) []Carrier {
	t.Helper()
	c := carriers{endpoint: endpoint, header: header}
	const graphql = "application/graphql-response+json"
	return []Carrier{
		{"POST", c.post(graphql)},
		{"POST for application/json", c.post("application/json")},
		{"GET", c.get},
		{"a batch", c.batch},
		{"server-sent events", c.post("text/event-stream")},
		{"server-sent events on a single connection", c.singleConnection(t)},
		{"multipart", c.post("multipart/mixed;deferSpec=20220824, application/json")},
		{"multipart for subscriptions", c.post("multipart/mixed;subscriptionSpec=1.0, application/json")},
		{"graphql-transport-ws", c.socket(t, "graphql-transport-ws", "subscribe")},
		{"graphql-ws", c.socket(t, "graphql-ws", "start")},
	}
}

type carriers struct {
	endpoint string
	header   http.Header
}
