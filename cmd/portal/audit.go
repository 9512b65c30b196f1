package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"devportal.internal/internal/audit"
	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/policy"
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
	return withFoundation(ctx, io, settings, apart, func(f *foundation) error {
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
	return withFoundation(ctx, io, settings, apart, func(f *foundation) error {
		if err := f.audit.Settle(ctx); err != nil {
			return err
		}
		return f.audit.Export(ctx, io.out, filter)
	})
}

// userCommand erases a person.
func userCommand(ctx context.Context, io stdio, args []string) error {
	verb, args := firstWord(args)
	settings, own, err := loadSettings(io, args, "user")
	if err != nil {
		return err
	}
	if verb != "erase" {
		return errors.New("say what to do: portal user erase --user REF")
	}
	if own["user"] == "" {
		return errors.New("flag --user must name whom to erase, such as user:default/robin.vale")
	}
	return withFoundation(ctx, io, settings, apart, func(f *foundation) error {
		report, err := erase(ctx, f, strings.ToLower(own["user"]))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(io.out, report)
		return err
	})
}

// operator is who the audit log says did what was done with a command on the server.
const operator = "service:default/operator"

// erase takes away the person's roles, then forgets them in the history of policies and in the audit log.
func erase(ctx context.Context, f *foundation, person string) (string, error) {
	ctx = auth.NewContext(ctx, auth.NewPrincipal(auth.Principal{Subject: operator, ID: "command"}))
	if err := unbind(ctx, f, person); err != nil {
		return "", err
	}
	places, err := f.policies.Forget(ctx, person)
	if err != nil {
		return "", err
	}
	facts, err := f.audit.Erase(ctx, person)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Erased: %d facts of the audit log, %d places in the history of policies.", facts, places), nil
}

// unbind takes away what roles the person has by themselves. The last admin is not erased.
func unbind(ctx context.Context, f *foundation, person string) error {
	current, err := f.policies.Current(ctx)
	if err != nil {
		return err
	}
	var theirs []authz.Binding
	var people []auth.Principal
	for _, b := range current.Bindings {
		if b.Member == person {
			theirs = append(theirs, b)
		}
		member := auth.Principal{Subject: b.Member}
		if strings.HasPrefix(b.Member, "group:") {
			member = auth.Principal{Subject: "user:default/member-of-a-group", Groups: []string{b.Member}}
		}
		people = append(people, auth.NewPrincipal(member))
	}
	if len(theirs) == 0 {
		return nil
	}
	_, err = f.policies.Update(ctx, policy.Change{
		From: current.Number, Unbind: theirs, Author: operator, Reason: "a person was erased", People: people,
	})
	return err
}
