package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	if roles := []string{"viewer", "developer", "admin"}; !slices.Contains(roles, own["role"]) {
		return fmt.Errorf("flag --role must be one of %v", roles)
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
