package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestMain is the subgraph where a measurement starts this program as one.
func TestMain(m *testing.M) {
	if len(os.Args) == 5 && os.Args[1] == "-listen" && os.Args[3] == "-file" {
		if serveSubgraph(os.Args[2], os.Args[4]) != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// TestHistories_are_whole_on_the_shipped_binary takes each measurement on a small scale.
func TestHistories_are_whole_on_the_shipped_binary(t *testing.T) {
	t.Parallel()
	router := filepath.Join(t.TempDir(), "router")
	if out, err := exec.Command("go", "build", "-o", router, "../../cmd/router").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	small := settings{router: router, idle: 50, fanout: 50, readers: 10, slow: 10, rate: 200, seconds: 3}
	for name, measure := range map[string]func(*world) error{
		"while the subgraph is killed": killedSubgraph,
		"while the router is replaced": replacedRouter,
		"while the supergraph changes": reloads,
		"while many come at once":      storm,
		"where one event is for many":  oneEventToMany,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := inWorld(small, measure); err != nil {
				t.Error(err)
			}
		})
	}
}

// oneEventToMany is the measurement of the fan-out without its target: a machine that tests is not idle.
func oneEventToMany(w *world) error {
	all, err := w.subscribe(w.fanout, 10, subscriberKind{query: plain})
	if err != nil {
		return err
	}
	if err := w.commit("one event"); err != nil {
		return err
	}
	return until(func() bool { return everyoneHas(all, 1) })
}
