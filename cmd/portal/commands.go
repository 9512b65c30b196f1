package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"devportal.internal/internal/auth"
)

// migrate brings the database up to date and ends.
func migrate(ctx context.Context, io stdio, args []string) error {
	settings, _, err := loadSettings(io, args)
	if err != nil {
		return err
	}
	return withFoundation(ctx, io, settings, alone, func(*foundation) error {
		_, err := fmt.Fprintln(io.out, "The database is up to date.")
		return err
	})
}

// printToken prints a client token, alone on its line, so that scripts can take it.
func printToken(_ context.Context, io stdio, args []string) error {
	settings, own, err := loadSettings(io, args, "user", "role", "ttl")
	if err != nil {
		return err
	}
	if own["user"] == "" {
		return errors.New("flag --user must name whom the token is for, such as user:default/robin.vale")
	}
	if err := checkRole(io, own["role"]); err != nil {
		return err
	}
	ttl := settings.Token.TTL
	if text, ok := own["ttl"]; ok {
		if ttl, err = time.ParseDuration(text); err != nil || ttl <= 0 {
			return fmt.Errorf("flag --ttl must be a duration such as 1h30m")
		}
	}
	tokens, err := openTokens(settings)
	if err != nil {
		return err
	}
	token, err := tokens.Issue(auth.NewPrincipal(auth.Principal{Subject: own["user"], Roles: []string{own["role"]}}), ttl)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(io.out, token)
	return err
}

var rolePattern = regexp.MustCompile(`^(role:[\w.-]+/)?[\w.-]+$`)

// checkRole refuses what is no role, and says of one that is not built in where its rights come from: it may be a slip.
func checkRole(io stdio, role string) error {
	builtIn := []string{"viewer", "developer", "admin"}
	if !rolePattern.MatchString(role) {
		return fmt.Errorf("flag --role must be one of %v, or another role that the policies have", builtIn)
	}
	if ref := auth.RoleRef(role); !slices.Contains(builtIn, strings.TrimPrefix(ref, "role:default/")) {
		_, _ = fmt.Fprintf(io.err, "%s is not built in: it may do what the portal's policies say, nothing where they do not have it\n", ref)
	}
	return nil
}
