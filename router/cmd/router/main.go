package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], process{in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Environ()})
	stop()
	os.Exit(status)
}

// process is what a command sees of the process that it runs in.
type process struct {
	in       io.Reader
	out, err io.Writer
	environ  []string
}

// commands are the subcommands with their flags.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Serve a supergraph."`
	Compose composeCommand `cmd:"" help:"Compose subgraph schemas into a supergraph."`
	Plan    planCommand    `cmd:"" help:"Show how an operation is planned."`
}

// errReported says that a command has written why it failed.
var errReported = errors.New("reported")

// run runs one command line and returns the exit status.
func run(ctx context.Context, arguments []string, p process) int {
	status := 0
	parser, err := kong.New(&commands{},
		kong.Name("router"),
		kong.Description("A GraphQL federation router."),
		kong.Writers(p.out, p.err),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.Resolvers(settings(p.environ)),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(p),
	)
	if err != nil {
		return complain(p, err)
	}
	func() {
		defer recoverExit(&status)
		status = runParsed(parser, arguments, p)
	}()
	return status
}

// exit is the panic by which kong's --help leaves the parser.
type exit int

func recoverExit(status *int) {
	switch reason := recover().(type) {
	case nil:
	case exit:
		*status = int(reason)
	default:
		panic(reason)
	}
}

func runParsed(parser *kong.Kong, arguments []string, p process) int {
	parsed, err := parser.Parse(arguments)
	if err != nil {
		return complain(p, err)
	}
	return complain(p, parsed.Run())
}

// complain writes an error as one line and returns the exit status for it.
func complain(p process, err error) int {
	var setting *settingError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &setting):
		fmt.Fprintf(p.err, "router: %v\n", setting)
	case !errors.Is(err, errReported):
		fmt.Fprintf(p.err, "router: %v\n", err)
	}
	return 1
}
