package persisted

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"devportal.internal/router/internal/cache"
)

// How a document was found, as the metrics call it.
const (
	outcomeRegistered = "registered"
	outcomeAutomatic  = "automatic"
	outcomeUnknown    = "unknown"
)

// Bounds of what clients can make the metrics and the log tell apart.
const (
	maxClients = 100
	maxLogged  = 2_000

	// otherClients is the label of clients beyond maxClients.
	otherClients = "other"
)

// counts are the measurements of documents.
type counts struct {
	logged *cache.Cache[struct{}]

	mu       sync.Mutex
	found    map[string]int64
	byClient map[string]int64
}

func newCounts() *counts {
	return &counts{logged: cache.New[struct{}](maxLogged, maxLogged), found: map[string]int64{}, byClient: map[string]int64{}}
}

func (c *counts) add(outcome string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.found[outcome]++
}

// unregistered counts a document of a client that is not registered, and says whether it is seen for the first time.
func (c *counts) unregistered(client, hash string) bool {
	c.mu.Lock()
	if _, known := c.byClient[client]; !known && len(c.byClient) >= maxClients {
		client = otherClients
	}
	c.byClient[client]++
	c.mu.Unlock()
	key := client + "\x00" + hash
	_, known := c.logged.Find(key)
	c.logged.Keep(key, struct{}{}, 1)
	return !known
}

// WriteMetrics writes the measurements in Prometheus' text format.
func (d *Documents) WriteMetrics(w io.Writer) {
	c := d.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprint(w, "# HELP router_persisted_total Documents that were named, by how they were found.\n# TYPE router_persisted_total counter\n")
	for _, outcome := range []string{outcomeAutomatic, outcomeRegistered, outcomeUnknown} {
		fmt.Fprintf(w, "router_persisted_total{outcome=%q} %d\n", outcome, c.found[outcome])
	}
	fmt.Fprint(w, "# HELP router_unregistered_operations_total Operations that were not registered, by the client's name.\n"+
		"# TYPE router_unregistered_operations_total counter\n")
	for _, client := range slices.Sorted(maps.Keys(c.byClient)) {
		fmt.Fprintf(w, "router_unregistered_operations_total{client=%q} %d\n", client, c.byClient[client])
	}
}
