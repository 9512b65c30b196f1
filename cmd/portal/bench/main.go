package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// settings say what is measured.
type settings struct {
	binary      string
	examples    string
	connections int
	people      int
	components  int
	duration    time.Duration
	warmUp      time.Duration
	profile     string
}

func main() {
	s := settings{}
	flag.StringVar(&s.binary, "binary", "bin/portal", "the portal's program")
	flag.StringVar(&s.examples, "examples", "examples", "the example organisation")
	flag.IntVar(&s.connections, "connections", 50, "connections that ask at the same time")
	flag.IntVar(&s.people, "people", 0, "people who ask, each with a token; 0: one for each connection")
	flag.IntVar(&s.components, "components", 200, "components that are added to the examples")
	flag.DurationVar(&s.duration, "duration", 5*time.Second, "how long each document is measured")
	flag.DurationVar(&s.warmUp, "warm-up", 2*time.Second, "how long each document is sent before that")
	flag.StringVar(&s.profile, "profile", "", "prefix of the files for a CPU profile of each document; empty: none")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, s)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (s settings) validate() error {
	if s.connections < 1 || s.connections > 1000 || s.people < 0 || s.people > s.connections {
		return errors.New("-connections must be 1 to 1000, -people no more than these")
	}
	if s.duration <= 0 || s.duration > time.Minute || s.warmUp < 0 || s.warmUp > time.Minute {
		return errors.New("-duration and -warm-up may be a minute at most")
	}
	if s.components < 0 || s.components > 10_000 {
		return errors.New("-components may be 10000 at most")
	}
	return nil
}

// run measures every document and prints a line for each as it is known.
func run(ctx context.Context, s settings) (err error) {
	if err := s.validate(); err != nil {
		return err
	}
	if s.people == 0 {
		s.people = s.connections
	}
	p, err := startPortal(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := p.addComponents(ctx, s.components); err != nil {
		return err
	}
	works, err := p.works(ctx)
	if err != nil {
		return err
	}
	printHead(os.Stdout, s)
	for _, w := range works {
		f, err := measure(ctx, s, p, w)
		if err != nil {
			return fmt.Errorf("measure %s: %w", w.name, err)
		}
		printFigures(os.Stdout, w.name, f)
	}
	return nil
}
