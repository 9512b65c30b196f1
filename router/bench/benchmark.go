package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
)

// variant is one program in one setting.
type variant struct {
	role        string
	deduplicate bool
}

func variants() []variant {
	return []variant{{"hand-written", false}, {"router", false}, {"hand-written", true}, {"router", true}}
}

// benchmark measures every variant once a round, and prints medians and ratios.
func benchmark(s settings) error {
	subgraphs, err := start("-role", "subgraphs")
	if err != nil {
		return err
	}
	defer subgraphs.stop()
	all := make([][]figures, len(variants()))
	for range s.rounds {
		for i, v := range variants() {
			f, err := once(s, v, subgraphs)
			if err != nil {
				return fmt.Errorf("measuring %s: %w", v.role, err)
			}
			all[i] = append(all[i], f)
		}
	}
	report(os.Stdout, s, all)
	return nil
}

// once measures a variant in a fresh process.
func once(s settings, v variant, subgraphs *child) (figures, error) {
	target, err := start("-role", v.role, "-subgraphs", subgraphs.address, fmt.Sprintf("-deduplicate=%t", v.deduplicate))
	if err != nil {
		return figures{}, err
	}
	defer target.stop()
	if s.profile != "" && v == (variant{"router", false}) {
		stop, err := writeProfile(s.profile, s, target)
		if err != nil {
			return figures{}, err
		}
		defer stop()
	}
	return measure(s, target, subgraphs)
}

// writeProfile copies a CPU profile of the next measurement to a file. Stop waits for it.
func writeProfile(path string, s settings, target *child) (stop func(), err error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("writing a profile: %w", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer file.Close()
		resp, err := http.Get(fmt.Sprintf("http://%s/profile?seconds=%d", target.address, int(s.duration.Seconds())))
		if err == nil {
			_, _ = io.Copy(file, resp.Body)
			_ = resp.Body.Close()
		}
	}()
	return func() { <-done }, nil
}

func report(w io.Writer, s settings, all [][]figures) {
	fmt.Fprintf(w, "%d rounds of %s, %d connections, response of %d bytes\n\n", s.rounds, s.duration, s.connections, all[0][0].bytes)
	fmt.Fprintln(w, "| what | deduplication | CPU µs/op | operations/s | subgraph requests/op | peak MB | CPU ratio |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|")
	for i, v := range variants() {
		base := median(all[i-i%2], func(f figures) float64 { return f.cpu })
		cpu := median(all[i], func(f figures) float64 { return f.cpu })
		on := "off"
		if v.deduplicate {
			on = "on"
		}
		fmt.Fprintf(w, "| %s | %s | %.0f | %.0f | %.1f | %.0f | %.2f |\n", v.role, on, cpu,
			median(all[i], func(f figures) float64 { return f.operations }),
			median(all[i], func(f figures) float64 { return f.requests }),
			median(all[i], func(f figures) float64 { return float64(f.peakKB) / 1024 }), cpu/base)
	}
}

func median(list []figures, of func(figures) float64) float64 {
	var values []float64
	for _, f := range list {
		values = append(values, of(f))
	}
	slices.Sort(values)
	return values[len(values)/2]
}
