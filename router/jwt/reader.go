package jwt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// fetchTime bounds how long a key set may take.
const fetchTime = 5 * time.Second

// reader reads a key set from its place.
type reader interface {
	read(ctx context.Context) ([]byte, error)
}

func readerOf(place string, client *http.Client) reader {
	if isURL(place) {
		return &endpoint{place, client}
	}
	return file(place)
}

func isURL(place string) bool {
	return strings.HasPrefix(place, "http://") || strings.HasPrefix(place, "https://")
}

// newClient makes a client that stays at the URL that was configured.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       fetchTime,
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, MaxResponseHeaderBytes: 64 << 10, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// endpoint is a key set behind a URL.
type endpoint struct {
	url    string
	client *http.Client
}

// read fetches the key set. What the URL may hold beside the host (a user, a query) is not in the error.
func (e *endpoint) read(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.url, nil)
	if err != nil {
		return nil, errors.New("the URL of the keys is not valid")
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := e.client.Do(request)
	if err != nil {
		if failed, is := errors.AsType[*url.Error](err); is {
			err = failed.Err
		}
		return nil, fmt.Errorf("fetching the keys: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetching the keys: status %d", response.StatusCode)
	}
	return bounded(response.Body)
}

// file is the path of a key set.
type file string

func (f file) read(context.Context) ([]byte, error) {
	opened, err := os.Open(string(f))
	if err != nil {
		return nil, fmt.Errorf("reading the keys: %w", err)
	}
	defer opened.Close()
	return bounded(opened)
}

func bounded(from io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxKeySetBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the keys: %w", err)
	}
	if len(text) > maxKeySetBytes {
		return nil, fmt.Errorf("the key set is larger than %d bytes", maxKeySetBytes)
	}
	return text, nil
}
