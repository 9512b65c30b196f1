package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"devportal.internal/internal/config"
	"devportal.internal/internal/lifecycle"
)

// version is set by the build.
var version = "dev" //nolint:gochecknoglobals // the linker writes it

// stdio is where a command reports, and its environment.
type stdio struct {
	out, err io.Writer
	env      []string
}

// command is one of the words that portal is called with.
type command struct {
	name, summary string
	run           func(ctx context.Context, io stdio, args []string) error
}

func commands() []command {
	return []command{
		{"serve", "run everything in one process", serve},
		{"router", "run the router alone; subgraphs.urls says where the subgraphs are", serveRouter},
		{"subgraph", "run one subgraph: portal subgraph NAME", serveSubgraph},
		{"migrate", "bring the database up to date, and end", migrate},
		{"token", "print a token: portal token --user REF --role viewer|developer|admin|ROLE [--ttl 1h]", printToken},
		{"audit", "the audit log: portal audit verify [--expect POSITION:HASH] | export [--from TIME] [--until TIME] [--kind KIND] [--actor REF]", auditCommand},
		{"user", "erase what is known of a person: portal user erase --user REF", userCommand},
		{"version", "print the version", printVersion},
	}
}

// errHelp ends a command that was asked for its help, after it was printed.
var errHelp = errors.New("help was asked for")

// gcPercent trades memory for time: answers are made of many small values that do not live long. GOGC overrides it.
const gcPercent = 400

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := lifecycle.UntilSignal(context.Background())
	err := run(ctx, stdio{out: os.Stdout, err: os.Stderr, env: os.Environ()}, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "portal:", oneLine(err))
		os.Exit(1)
	}
}

func run(ctx context.Context, io stdio, args []string) error {
	if len(args) == 0 || args[0] == "help" || isHelp(args[0]) {
		return printHelp(io.out)
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, io, args[1:])
		if errors.Is(err, errHelp) {
			return nil
		}
		return err
	}
	return fmt.Errorf("there is no command %q; portal help lists them", args[0])
}

func isHelp(arg string) bool { return arg == "--help" || arg == "-h" }

func printHelp(w io.Writer) error {
	fmt.Fprint(w, "The developer portal.\n\nUsage: portal COMMAND [--config FILE] [--SETTING VALUE ...]\n\nCommands:\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.summary)
	}
	_, err := fmt.Fprint(w, "\n`portal serve --help` lists all settings.\n")
	return err
}

// loadSettings reads flags, environment and file. `--help` prints the settings instead.
func loadSettings(io stdio, args []string, own ...string) (*config.Settings, map[string]string, error) {
	for _, arg := range args {
		if isHelp(arg) {
			fmt.Fprint(io.out, "Settings: flags win over PORTAL_* variables, these over the file that --config (or PORTAL_CONFIG) names.\n\n")
			return nil, nil, errors.Join(errHelp, config.WriteTable(io.out))
		}
	}
	flags, err := config.ParseFlags(args, own...)
	if err != nil {
		return nil, nil, err
	}
	ownFlags := make(map[string]string)
	for _, name := range own {
		if value, ok := flags[name]; ok {
			ownFlags[name] = value
			delete(flags, name)
		}
	}
	file := flags["config"]
	delete(flags, "config")
	settings, err := config.Load(config.Sources{Flags: flags, Env: io.env, File: file})
	return settings, ownFlags, err
}

// oneLine is the error on one line: nobody has to look for its start in a log.
func oneLine(err error) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "\n", "; ")), " ")
}

func printVersion(_ context.Context, io stdio, _ []string) error {
	_, err := fmt.Fprintln(io.out, version)
	return err
}
