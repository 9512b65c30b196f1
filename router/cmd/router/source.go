package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"devportal.internal/router"
)

// source is where the supergraph comes from.
type source struct {
	place string
	last  string
}

// maxSupergraph is the number of bytes of a supergraph.
const maxSupergraph = 64 << 20

// read returns the supergraph as it is now.
func (s *source) read(ctx context.Context) (string, error) {
	var text []byte
	var err error
	if strings.HasPrefix(s.place, "http://") || strings.HasPrefix(s.place, "https://") {
		text, err = fetch(ctx, s.place)
	} else {
		text, err = os.ReadFile(s.place)
	}
	if err != nil {
		return "", fmt.Errorf("reading the supergraph: %w", err)
	}
	s.last = string(text)
	return s.last, nil
}

func fetch(ctx context.Context, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answered %s", resp.Status)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxSupergraph+1))
	if err == nil && len(text) > maxSupergraph {
		err = fmt.Errorf("it is larger than %d bytes", maxSupergraph)
	}
	return text, err
}

// watch reads the supergraph again and again, and has the router serve what has changed. A bad one is logged, and the
// good one that is served stays.
func (s *source) watch(ctx context.Context, every time.Duration, r *router.Router, logger *slog.Logger) {
	if every <= 0 {
		return
	}
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		served := s.last
		next, err := s.read(ctx)
		if err == nil && next == served {
			continue
		}
		if err == nil {
			err = r.Reload(next)
		}
		if err != nil && ctx.Err() == nil {
			logger.WarnContext(ctx, "supergraph was not taken", "error", err.Error())
			continue
		}
		logger.InfoContext(ctx, "supergraph was taken")
	}
}
