package main

import (
	"fmt"
	"io"
	"runtime"
	"time"
)

func printHead(w io.Writer, s settings) {
	fmt.Fprintf(w, "%d connections of %d people, %s each, %d components added, %d CPUs for the portal, PostgreSQL and the load\n\n",
		s.connections, s.people, s.duration, s.components, runtime.NumCPU())
	fmt.Fprintln(w, "| document | operations/s | p50 ms | p95 ms | p99 ms | portal CPU ms/op | PostgreSQL CPU ms/op | SQL requests/op | answer KB |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|")
}

func printFigures(w io.Writer, name string, f figures) {
	count := float64(max(f.operations, 1))
	fmt.Fprintf(w, "| %s | %.0f | %.1f | %.1f | %.1f | %.2f | %.2f | %.1f | %.1f |\n", name,
		float64(f.operations)/f.elapsed.Seconds(), ms(f.p50), ms(f.p95), ms(f.p99),
		ms(f.used.portal)/count, ms(f.used.postgresql)/count, f.used.statements/count, float64(f.bytes)/1024)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
