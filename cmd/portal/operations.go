package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/config"
	"devportal.internal/internal/lifecycle"
	"devportal.internal/router"
	"devportal.internal/router/budget"
	"devportal.internal/router/persisted"
)

// denials and introspections are the router's modes by what the settings call them.
var (
	denials = map[string]router.DenialMode{
		"fields": router.DenyFields, "operations": router.DenyOperations, "names": router.DenyNames,
	}
	introspections = map[string]router.IntrospectionMode{
		"by-role": router.IntrospectByRole, "signed-in": router.IntrospectSignedIn, "off": router.IntrospectOff,
	}
)

// protect puts into the router's options what operations may cost, which are known by name, and how rights show. What replicas share is in
// Redis where there is one beyond this process.
func (f *foundation) protect(options *router.Options) error {
	settings := f.settings.Operations
	if (settings.BudgetSize == 0) != (settings.BudgetRestore == 0) {
		return errors.New("settings operations.budget_size and operations.budget_restore: both must be greater than zero, or neither")
	}
	modes := map[string]persisted.Mode{}
	for _, of := range settings.ClientModes {
		modes[of.Client] = persisted.Mode(of.Mode)
	}
	options.MaxBatch, options.ReportCost, options.Limits.Cost = int(settings.Batch), settings.ReportCost, int(settings.Cost)
	options.Denial, options.Introspection = denials[settings.Denied], introspections[settings.Introspection]
	options.Persisted = persisted.Options{
		Automatic: true, Mode: persisted.Mode(settings.Mode), Clients: modes, IDsOnly: settings.IDsOnly,
	}
	options.Budget.Bucket = budget.Bucket{Size: int(settings.BudgetSize), Restore: int(settings.BudgetRestore)}
	if len(settings.RoleBudgets) > 0 {
		options.Budget.Of = func(ctx context.Context) budget.Bucket {
			return bucketOf(ctx, options.Budget.Bucket, settings.RoleBudgets)
		}
	}
	if !f.redis.Embedded {
		shared := f.redis.Shared("portal:router:")
		options.Budget.Shared, options.Persisted.Store = shared, shared
	}
	return nil
}

// bucketOf is the largest bucket among those of a caller's roles, or the one that everybody has.
func bucketOf(ctx context.Context, everybodys budget.Bucket, roles []config.RoleBudget) budget.Bucket {
	principal, known := auth.FromContext(ctx)
	found := budget.Bucket{}
	for _, of := range roles {
		if known && int(of.Size) > found.Size && slices.ContainsFunc(principal.Roles, func(role string) bool { return role == of.Role || strings.HasSuffix(role, "/"+of.Role) }) {
			found = budget.Bucket{Size: int(of.Size), Restore: int(of.Restore)}
		}
	}
	if found.Unlimited() {
		return everybodys
	}
	return found
}

// watchEvery is how often registered operations are looked at for changes.
const watchEvery = 10 * time.Second

// register reads the registered operations, and returns the part that follows their changes; none where there are none.
func (g *gateway) register() ([]lifecycle.Part, error) {
	path := g.f.settings.Operations.Registered
	if path == "" {
		return nil, nil
	}
	source := &persisted.Source{Path: path}
	list, err := source.Read()
	if err != nil {
		return nil, err
	}
	g.router.Register(list)
	return []lifecycle.Part{lifecycle.Loop("registered operations", func(ctx context.Context) error {
		source.Watch(ctx, watchEvery, g.router.Register, g.f.logger)
		return nil
	})}, nil
}
