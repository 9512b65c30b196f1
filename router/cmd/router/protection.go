package main

import (
	"io"
	"net/http"
	"slices"

	"devportal.internal/router"
	"devportal.internal/router/budget"
	"devportal.internal/router/persisted"
	"devportal.internal/router/redis"
	"devportal.internal/router/transport"
)

// budgetSettings are how much a caller may ask. The stand-alone router knows callers by their address, or by a header that
// whoever stands before it sets.
type budgetSettings struct {
	Size    int    `help:"Points of cost that a caller may have at once; 0 limits nothing." default:"0"`
	Restore int    `help:"Points that a caller gets back each second." default:"0"`
	Header  string `help:"Header that tells callers apart, set by a proxy that clients cannot pass by; by default their address does." placeholder:"NAME"`
}

func (b budgetSettings) budget() router.Budget {
	made := router.Budget{Bucket: budget.Bucket{Size: b.Size, Restore: b.Restore}}
	if b.Header != "" {
		name := http.CanonicalHeaderKey(b.Header)
		made.Account = func(req *transport.Request) string {
			if value := req.Header.Get(name); value != "" {
				return "header " + value
			}
			return "address " + req.Remote
		}
	}
	return made
}

// persistedSettings are which documents may be named, and whether others are run.
type persistedSettings struct {
	Automatic  bool              `help:"Let clients name a document by its hash once they have sent it (APQ)." default:"true" negatable:""`
	Operations string            `help:"Registered operations: a folder of .graphql files, or a manifest of Relay's or Apollo's." placeholder:"PATH"`
	Mode       string            `help:"What happens to operations that are not registered: off, report or enforce." enum:"off,report,enforce" default:"off"`
	Clients    map[string]string `help:"Another mode for the clients of a name." placeholder:"NAME=MODE"`
	IDsOnly    bool              `name:"ids-only" help:"Registered operations count as such only by their id." default:"false"`
}

func (p persistedSettings) options() persisted.Options {
	clients := map[string]persisted.Mode{}
	for name, mode := range p.Clients {
		clients[name] = persisted.Mode(mode)
	}
	return persisted.Options{Automatic: p.Automatic, Mode: persisted.Mode(p.Mode), Clients: clients, IDsOnly: p.IDsOnly}
}

// register reads the registered operations; the source is nil where there are none.
func (p persistedSettings) register(r *router.Router) (*persisted.Source, error) {
	if p.Operations == "" {
		return nil, nil
	}
	source := &persisted.Source{Path: p.Operations}
	list, err := source.Read()
	if err != nil {
		return nil, err
	}
	r.Register(list)
	return source, nil
}

// check refuses settings that contradict each other.
func (c *serveCommand) check() error {
	modes := []string{c.Persisted.Mode}
	for _, name := range sortedKeys(c.Persisted.Clients) {
		mode := c.Persisted.Clients[name]
		if !slices.Contains([]string{"off", "report", "enforce"}, mode) {
			return badSetting("setting persisted-clients: the mode of %s must be off, report or enforce", name)
		}
		modes = append(modes, mode)
	}
	switch {
	case c.Persisted.Operations == "" && (slices.Contains(modes, "report") || slices.Contains(modes, "enforce")):
		return badSetting("setting persisted-operations: it must say where the registered operations are")
	case c.Budget.Size < 0 || c.Budget.Restore < 0 || (c.Budget.Size == 0) != (c.Budget.Restore == 0):
		return badSetting("settings budget-size and budget-restore: both must be greater than zero, or neither")
	}
	return nil
}

// share puts what replicas share into the options, and returns what to close at the end.
func (c *serveCommand) share(options *router.Options) (io.Closer, error) {
	if c.Redis == "" {
		return io.NopCloser(nil), nil
	}
	store, err := redis.Open(c.Redis, "router:")
	if err != nil {
		return nil, badSetting("setting redis: %w", err)
	}
	options.Budget.Shared, options.Persisted.Store = store, store
	return store, nil
}
