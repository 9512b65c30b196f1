package http1_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"devportal.internal/router/upstream/http1"
)

// server answers each request on a connection with the next of the texts, and closes it after the last.
func server(t *testing.T, texts ...string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(conn, texts)
		}
	}()
	return listener.Addr().String()
}

func serve(conn net.Conn, texts []string) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	for _, text := range texts {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, req.Body)
		if _, err := io.WriteString(conn, text); err != nil {
			return
		}
	}
}

func client(t *testing.T, address string) *http1.Client {
	t.Helper()
	c := http1.New(http1.Config{
		Address: address, Host: address, Path: "/graphql", MaxConnections: 2, MaxBody: 100, IdleTimeout: time.Minute,
	})
	t.Cleanup(c.Close)
	return c
}

func do(c *http1.Client, repeatable bool) (*http1.Response, error) {
	return c.Do(context.Background(), time.Now().Add(5*time.Second), repeatable, []http1.Header{{Name: "X-A", Value: "b"}}, []byte("{}"))
}

func TestDoReads(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ text, body string }{
		"a body of a length":              {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", "ab"},
		"chunks with extensions":          {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\na\r\n2\r\nbc\r\n0\r\nT: u\r\n\r\n", "abc"},
		"a body up to the end":            {"HTTP/1.0 200 OK\r\n\r\nabc", "abc"},
		"over interim responses":          {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", "a"},
		"no body where there can be none": {"HTTP/1.1 204 No Content\r\n\r\n", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp, err := do(client(t, server(t, c.text)), true)
			if err != nil || string(resp.Body) != c.body {
				t.Errorf("%+v %v", resp, err)
			}
		})
	}
}

func TestDoRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		text string
		want error
	}{
		"what is not HTTP":             {"SSH-2.0\r\n\r\n", http1.ErrMalformed},
		"two different lengths":        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", http1.ErrMalformed},
		"a length and chunks":          {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", http1.ErrMalformed},
		"a negative length":            {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", http1.ErrMalformed},
		"folded headers":               {"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", http1.ErrMalformed},
		"an unknown transfer encoding": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", http1.ErrMalformed},
		"a chunk that is no number":    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", http1.ErrMalformed},
		"a switch of protocols":        {"HTTP/1.1 101 Switching\r\n\r\n", http1.ErrMalformed},
		"an endless head":              {"HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 20_000), http1.ErrMalformed},
		"a length above the limit":     {"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", http1.ErrTooLarge},
		"chunks above the limit":       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("20\r\n"+strings.Repeat("x", 32)+"\r\n", 4), http1.ErrTooLarge},
		"an endless body":              {"HTTP/1.0 200 OK\r\n\r\n" + strings.Repeat("x", 200), http1.ErrTooLarge},
		"a body that breaks off":       {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", io.ErrUnexpectedEOF},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := do(client(t, server(t, c.text)), false); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestDoRepeatsOverAClosedConnection(t *testing.T) {
	t.Parallel()
	// Every connection is closed after one response that promised to keep it.
	c := client(t, server(t, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"))
	for _, repeatable := range []bool{true, true, true} {
		if _, err := do(c, repeatable); err != nil {
			t.Fatal(err)
		}
	}
}
