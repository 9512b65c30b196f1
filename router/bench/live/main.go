package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"syscall"
	"time"
)

// settings are the flags.
type settings struct {
	router  string
	file    string
	listen  string
	idle    int
	fanout  int
	readers int
	slow    int
	rate    int
	seconds int
	only    string
	profile string
}

func main() {
	var s settings
	flag.StringVar(&s.router, "router", "../bin/router", "the router to measure")
	flag.StringVar(&s.file, "file", "", "the committed events, for the role of the subgraph")
	flag.StringVar(&s.listen, "listen", "", "where the subgraph listens; set in its role")
	flag.IntVar(&s.idle, "idle", 10_000, "silent subscribers")
	flag.IntVar(&s.fanout, "fanout", 5_000, "subscribers of one event")
	flag.IntVar(&s.readers, "readers", 100, "subscribers of many events")
	flag.IntVar(&s.slow, "slow", 1_000, "subscribers that do not read")
	flag.IntVar(&s.rate, "rate", 1_000, "events a second")
	flag.IntVar(&s.seconds, "seconds", 10, "how long events come")
	flag.StringVar(&s.only, "only", "", "idle, fanout, subgraph, router, reload, slow or storm; all when empty")
	flag.StringVar(&s.profile, "profile", "", "file for a profile of the router's heap with its silent subscribers")
	flag.Parse()
	if s.listen != "" {
		if err := serveSubgraph(s.listen, s.file); err != nil {
			fmt.Fprintln(os.Stderr, "subgraph:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(s); err != nil {
		fmt.Fprintln(os.Stderr, "bench-live:", err)
		os.Exit(1)
	}
}

func run(s settings) error {
	if err := raiseFileLimit(); err != nil {
		return err
	}
	var errs []error
	for _, m := range []struct {
		name    string
		measure func(*world) error
	}{
		{"idle", idleMemory},
		{"fanout", fanout},
		{"subgraph", killedSubgraph},
		{"router", replacedRouter},
		{"reload", reloads},
		{"slow", slowReaders},
		{"storm", storm},
	} {
		if s.only != "" && s.only != m.name {
			continue
		}
		began := time.Now()
		if err := inWorld(s, m.measure); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", m.name, err))
			fmt.Printf("  FAILED: %v\n", err)
		}
		fmt.Printf("  (%s took %v)\n", m.name, time.Since(began).Round(time.Second))
	}
	return errors.Join(errs...)
}

func inWorld(s settings, measure func(*world) error) error {
	w, err := newWorld(s)
	if err != nil {
		return err
	}
	return errors.Join(measure(w), w.close())
}

// raiseFileLimit lets this process and its children have a socket for every subscriber.
func raiseFileLimit() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("reading the limit of open files: %w", err)
	}
	limit.Cur = limit.Max
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}
