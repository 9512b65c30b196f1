package compose_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// everyDay is how many random cases each property is tried with, unless -rapid.checks says another number: composing
// takes a while with the race detector.
const everyDay = "20"

func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", everyDay); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	os.Exit(m.Run())
}
