package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// initCluster runs initdb into dir. It first asks for a UTF-8 aware character type, so that search folds the case of
// every letter, and takes the plain C locale where the machine has none. Sorting is by code point either way.
func (s *Server) initCluster(ctx context.Context, r runner, dir string) error {
	var failures []error
	for _, locale := range locales(s.install.major) {
		err := s.runInitdb(ctx, r, dir, locale)
		if err == nil {
			return nil
		}
		failures = append(failures, err)
		if ctx.Err() != nil {
			break
		}
	}
	return fmt.Errorf("create the PostgreSQL cluster: %w", failures[len(failures)-1])
}

func locales(major int) [][]string {
	plain := []string{"--locale=C"}
	if major >= 17 {
		return [][]string{{"--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"}, plain}
	}
	return [][]string{{"--locale=C", "--lc-ctype=C.UTF-8"}, plain}
}

func (s *Server) runInitdb(ctx context.Context, r runner, dir string, locale []string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	args := append([]string{
		"--pgdata=" + dir, "--username=" + superuser, "--encoding=UTF8", "--auth=trust", "--no-instructions",
	}, locale...)
	if s.opts.Volatile {
		args = append(args, "--no-sync")
	}
	var output bytes.Buffer
	err := runLocked(func() error {
		cmd := r.command(ctx, filepath.Join(s.install.bin, "initdb"), args...)
		cmd.Stdout, cmd.Stderr = &output, &output
		cmd.WaitDelay = time.Second
		return cmd.Run()
	})
	if err != nil {
		return errors.Join(fmt.Errorf("initdb: %w: %s", err, lastLine(output.String())), ctx.Err())
	}
	return nil
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.Contains(lines[i], "error:") || strings.Contains(lines[i], "FATAL:") {
			return strings.TrimSpace(lines[i])
		}
	}
	return strings.TrimSpace(lines[len(lines)-1])
}
