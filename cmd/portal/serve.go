package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"time"

	"devportal.internal/internal/config"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/lifecycle"
	"devportal.internal/router/upstream"
	"devportal.internal/schema"
	docsserver "devportal.internal/subgraphs/docs/server"
)

// serve runs everything in one process.
func serve(ctx context.Context, io stdio, args []string) error {
	settings, _, err := loadSettings(io, args)
	if err != nil {
		return err
	}
	return withFoundation(ctx, io, settings, alone, func(f *foundation) error {
		subgraphs, parts, err := buildSubgraphs(f, builders())
		if err != nil {
			return err
		}
		g, err := newGateway(f, inProcess(subgraphs))
		if err != nil {
			return err
		}
		docs := subgraphs[docsserver.Name].(*docsserver.Server)
		g.assets = docs.AssetsHandler()
		f.graph.Use(g.router)
		group := lifecycle.NewGroup(f.logger)
		add(group, f.adminListener(g.router.ServeMetrics))
		add(group, f.parts()...)
		add(group, parts...)
		add(group, caughtUp(f), lifecycle.Part{Name: "the documentation", Start: docs.Built})
		var address net.Addr
		add(group, g.parts(func(bound net.Addr) { address = bound })...)
		return group.Run(ctx, func() {
			f.health.SetStarted()
			announce(io, settings, address)
		})
	})
}

// serveRouter runs the router alone.
func serveRouter(ctx context.Context, io stdio, args []string) error {
	settings, _, err := loadSettings(io, args)
	if err != nil {
		return err
	}
	return withFoundation(ctx, io, settings, apart, func(f *foundation) error {
		remote, err := remoteSubgraphs(f)
		if err != nil {
			return err
		}
		g, err := newGateway(f, remote)
		if err != nil {
			return err
		}
		group := lifecycle.NewGroup(f.logger)
		add(group, f.adminListener(g.router.ServeMetrics))
		add(group, f.memoryParts()...)
		add(group, g.parts(nil)...)
		return group.Run(ctx, f.health.SetStarted)
	})
}

// serveSubgraph runs one subgraph.
func serveSubgraph(ctx context.Context, io stdio, args []string) error {
	name := ""
	if len(args) > 0 && !isHelp(args[0]) {
		name, args = args[0], args[1:]
	}
	settings, _, err := loadSettings(io, args)
	if err != nil {
		return err
	}
	all := builders()
	index := slices.IndexFunc(all, func(b builder) bool { return b.name == name })
	if index < 0 {
		return fmt.Errorf("there is no subgraph %q; there are %v", name, schema.Subgraphs())
	}
	return withFoundation(ctx, io, settings, apart, func(f *foundation) error {
		subgraphs, parts, err := buildSubgraphs(f, all[index:index+1])
		if err != nil {
			return err
		}
		listener, err := subgraphListener(f, name, subgraphs[name])
		if err != nil {
			return err
		}
		group := lifecycle.NewGroup(f.logger)
		add(group, f.adminListener())
		add(group, f.parts()...)
		add(group, parts...)
		add(group, listener)
		return group.Run(ctx, f.health.SetStarted)
	})
}

// withFoundation opens the foundation, does the work on it, and closes it.
func withFoundation(ctx context.Context, io stdio, settings *config.Settings, mode mode, work func(f *foundation) error) (err error) {
	f, err := openFoundation(ctx, io, settings, mode)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.close(ctx); err == nil {
			err = closeErr
		}
	}()
	return work(f)
}

// buildSubgraphs makes subgraphs, with their parts in order: those of each subgraph, then the jobs of all.
func buildSubgraphs(f *foundation, wanted []builder) (map[string]subgraph, []lifecycle.Part, error) {
	named := make(map[string]subgraph, len(wanted))
	var all []subgraph
	var parts []lifecycle.Part
	for _, b := range wanted {
		built, err := b.build(f)
		if err != nil {
			return nil, nil, fmt.Errorf("build subgraph %s: %w", b.name, err)
		}
		named[b.name], all = built, append(all, built)
		parts = append(parts, built.Parts()...)
	}
	work, err := f.newJobs(all)
	return named, append(parts, work...), err
}

func add(group *lifecycle.Group, parts ...lifecycle.Part) {
	for _, part := range parts {
		group.Add(part)
	}
}

// inProcess are the subgraphs of this process as the router reaches them.
func inProcess(subgraphs map[string]subgraph) map[string]upstream.Subgraph {
	named := make(map[string]upstream.Subgraph, len(subgraphs))
	for name, s := range subgraphs {
		named[name] = upstream.Subgraph{Handler: s.Handler()}
	}
	return named
}

// caughtUpTimeout is how long the subgraphs may take to follow the first ingestion.
const caughtUpTimeout = 5 * time.Minute

// caughtUp is through once every subgraph knows what the catalog knows: the portal is ready then.
func caughtUp(f *foundation) lifecycle.Part {
	return lifecycle.Part{Name: "the indexes of entities", StartTimeout: caughtUpTimeout, Start: func(ctx context.Context) error {
		for {
			done, err := f.log.CaughtUp(ctx, entityindex.Topic)
			if done || err != nil {
				return err
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(5 * time.Millisecond):
			}
		}
	}}
}

// announce says where the portal is and how to get a token.
func announce(io stdio, settings *config.Settings, address net.Addr) {
	url := "http://" + settings.Listen
	if address != nil {
		url = "http://" + address.String()
	}
	fmt.Fprintf(io.out, `
The portal is ready.

  GraphQL      %[1]s/graphql   (open it in a browser for GraphiQL; subscriptions: %[2]s/graphql)
  schema       %[1]s/schema.graphql
  operation    http://%[3]s/metrics  http://%[3]s/readyz

  A token for a tool:   bin/portal token --user %[4]s --role developer --data %[5]s
  Ctrl-C ends it.

`, url, "ws"+url[len("http"):], settings.AdminListen, settings.Access.DevelopmentUser, settings.Data)
}
