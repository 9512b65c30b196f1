package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"devportal.internal/internal/audit"
)

// auditCommand verifies or exports the audit log.
func auditCommand(ctx context.Context, io stdio, args []string) error {
	verb, args := firstWord(args)
	switch verb {
	case "verify":
		return verifyAudit(ctx, io, args)
	case "export":
		return exportAudit(ctx, io, args)
	case "":
		_, _, err := loadSettings(io, args)
		return errors.Join(err, errors.New("say what to do: portal audit verify, or portal audit export"))
	default:
		return fmt.Errorf("there is no command audit %q: there are verify and export", verb)
	}
}

// firstWord takes the word before the flags.
func firstWord(args []string) (string, []string) {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return "", args
	}
	return args[0], args[1:]
}

// verifyAudit goes through the chain. A head that was printed before can be given as --expect POSITION:HASH.
func verifyAudit(ctx context.Context, io stdio, args []string) error {
	settings, own, err := loadSettings(io, args, "expect")
	if err != nil {
		return err
	}
	var marks []audit.Mark
	if text := own["expect"]; text != "" {
		position, hash, ok := strings.Cut(text, ":")
		number, err := strconv.ParseInt(position, 10, 64)
		if !ok || err != nil || number < 1 {
			return errors.New("flag --expect must be POSITION:HASH, as portal audit verify prints it")
		}
		marks = append(marks, audit.Mark{Position: number, Hash: strings.ToLower(hash)})
	}
	return withFoundation(ctx, io, settings, beside, func(f *foundation) error {
		if err := f.audit.Settle(ctx); err != nil {
			return err
		}
		report, err := f.audit.Verify(ctx, marks...)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(io.out, "The audit log is whole: %d records, %d facts erased.\n%d:%s\n",
			report.Records, report.Erased, report.Records, report.Head)
		return err
	})
}

// exportAudit prints records as JSON lines, the oldest first.
func exportAudit(ctx context.Context, io stdio, args []string) error {
	settings, own, err := loadSettings(io, args, "from", "until", "kind", "actor")
	if err != nil {
		return err
	}
	filter := audit.Filter{Actor: own["actor"]}
	if own["kind"] != "" {
		filter.Kinds = []audit.Kind{audit.Kind(own["kind"])}
	}
	for flag, bound := range map[string]*time.Time{"from": &filter.From, "until": &filter.Until} {
		if own[flag] == "" {
			continue
		}
		if *bound, err = time.Parse(time.RFC3339, own[flag]); err != nil {
			return fmt.Errorf("flag --%s must be a time such as 2026-01-31T00:00:00Z", flag)
		}
	}
	return withFoundation(ctx, io, settings, beside, func(f *foundation) error {
		if err := f.audit.Settle(ctx); err != nil {
			return err
		}
		return f.audit.Export(ctx, io.out, filter)
	})
}
