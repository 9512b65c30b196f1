package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/policy"
	"devportal.internal/internal/signin/session"
	"devportal.internal/internal/signin/tooltoken"
	scaffolderpg "devportal.internal/subgraphs/scaffolder/postgres"
)

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
	return withFoundation(ctx, io, settings, beside, func(f *foundation) error {
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

// erase forgets a person in all that the portal itself keeps of people. What stays: the catalog's entity of them and what
// subgraphs project of it, which go when it leaves its source; live events that tell of their tasks and the jobs of these, until
// their retention is over; and texts that others wrote (reasons, descriptions, parameters of tasks), in which nobody can be
// found. Tokens that `portal token` printed are not kept, and good until they expire.
//
// It takes away the person's roles, ends their sessions and tokens, then forgets them: in tasks, in the history of policies
// and, after all that was recorded of it, in the audit log.
func erase(ctx context.Context, f *foundation, person string) (string, error) {
	ctx = auth.NewContext(ctx, auth.NewPrincipal(auth.Principal{Subject: operator, ID: "command"}))
	if err := unbind(ctx, f, person); err != nil {
		return "", err
	}
	tokens, known, err := f.signin.store.Forget(ctx, person)
	if err != nil {
		return "", err
	}
	if err := f.endSessions(ctx, person, tokens); err != nil {
		return "", err
	}
	tasks, running, err := scaffolderpg.Forget(ctx, f.pool, person)
	if err != nil {
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
	report := fmt.Sprintf("Erased: %d facts of the audit log, %d places in the history of policies, %d tokens, %d places in what sign-in keeps, "+
		"%d tasks. All their sessions end.", facts, places, len(tokens), known, tasks)
	if running > 0 {
		report += fmt.Sprintf("\n%d tasks still run with their rights: erase them once more when these have ended.", running)
	}
	return report, nil
}

// endSessions ends a person's sessions, and what runs for tokens that were removed. Sessions in a Redis of the portal's own
// process end as it hears of it.
func (f *foundation) endSessions(ctx context.Context, person string, tokens []string) error {
	if _, err := f.signin.sessions.EndAll(ctx, person, ""); err != nil {
		return err
	}
	credentials := []string{session.Everywhere(person)}
	for _, id := range tokens {
		credentials = append(credentials, tooltoken.Credential(id))
	}
	f.signin.revocations.Revoke(ctx, credentials...)
	return nil
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
