package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

// settings are the flags.
type settings struct {
	role        string
	subgraphs   string
	deduplicate bool
	rounds      int
	duration    time.Duration
	connections int
	profile     string
}

func main() {
	var s settings
	flag.StringVar(&s.role, "role", "", "what this process is; empty runs the benchmark, growth measures composing and planning instead")
	flag.StringVar(&s.subgraphs, "subgraphs", "", "address of the subgraphs, for a role")
	flag.BoolVar(&s.deduplicate, "deduplicate", false, "share requests under way, for a role")
	flag.IntVar(&s.rounds, "rounds", 5, "how often everything is measured")
	flag.DurationVar(&s.duration, "duration", 3*time.Second, "how long one measurement takes")
	flag.IntVar(&s.connections, "connections", 50, "connections that ask at once")
	flag.StringVar(&s.profile, "profile", "", "file for a CPU profile of the router, deduplication off")
	flag.Parse()
	if err := run(s); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(s settings) error {
	switch s.role {
	case "":
		return benchmark(s)
	case "subgraphs":
		return serveSubgraphs()
	case "hand-written":
		return serveHandWritten(s)
	case "growth":
		return growth(os.Stdout)
	case "router":
		return serveRouter(s)
	default:
		return fmt.Errorf("unknown role %q", s.role)
	}
}
