package transport_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"devportal.internal/router/transport"
)

// served sends bytes over one connection, piece by piece if oneByOne, and returns all that came back.
func served(t *testing.T, text string, oneByOne bool) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, r.Method+r.URL.Path+" "+string(body))
	})}
	go func() { _ = server.Serve(transport.Listener(slowListener{listener, oneByOne})) }()
	defer server.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	_ = conn.(*net.TCPConn).CloseWrite()
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

type slowListener struct {
	net.Listener
	oneByOne bool
}

func (l slowListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil || !l.oneByOne {
		return conn, err
	}
	return slowConn{conn, iotest.OneByteReader(conn)}, nil
}

type slowConn struct {
	net.Conn
	reader io.Reader
}

func (c slowConn) CloseWrite() error { return c.Conn.(*net.TCPConn).CloseWrite() }

func (c slowConn) Read(p []byte) (int, error) { return c.reader.Read(p) }

func TestListener_refuses_requests_with_two_lengths_wherever_they_stand(t *testing.T) {
	t.Parallel()
	const (
		plain   = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 37\r\n\r\nContent-Length: 1\nTransfer-Encoding: "
		chunked = "POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n27;x=y\r\nContent-Length: 1\nTransfer-Encoding: x\n\r\n0\r\n\r\n"
		get     = "GET /c HTTP/1.1\r\nHost: x\r\n\r\n"
		two     = "POST /bad HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
		reverse = "POST /bad HTTP/1.1\nHost: x\ntransfer-encoding: chunked\ncontent-length: 6\n\n0\r\n\r\n"
	)
	for name, c := range map[string]struct {
		text    string
		answers int
		refused bool
	}{
		"each alone":       {get + plain + chunked + get, 4, false},
		"both":             {two + get, 1, true},
		"the other order":  {reverse + get, 1, true},
		"after a GET":      {get + two + get, 2, true},
		"after a body":     {plain + two + get, 2, true},
		"after chunks":     {chunked + two + get, 2, true},
		"both, one by one": {strings.Repeat(get, 3) + reverse, 4, true},
	} {
		for _, oneByOne := range []bool{false, true} {
			answer := served(t, c.text, oneByOne)
			if got := strings.Count(answer, "HTTP/1.1 "); got != c.answers || strings.Contains(answer, "400 Bad Request") != c.refused || strings.Contains(answer, "/bad") {
				t.Errorf("%s, one by one %v: %d answers: %s", name, oneByOne, got, answer)
			}
		}
	}
}

func FuzzListener_hands_on_what_net_http_may_have(f *testing.F) {
	f.Add("GET / HTTP/1.1\r\nHost: x\r\n\r\n", uint8(3))
	f.Fuzz(func(t *testing.T, text string, step uint8) {
		client, server := net.Pipe()
		conn, err := transport.Listener(oneListener{conn: server}).Accept()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = io.WriteString(client, text)
			_ = client.Close()
		}()
		var got strings.Builder
		buffer := make([]byte, int(step)+1)
		for err == nil {
			var n int
			n, err = conn.Read(buffer)
			got.Write(buffer[:n])
		}
		_ = conn.Close()
		if !strings.HasPrefix(text, got.String()) || err == io.EOF && got.String() != text {
			t.Errorf("handed on %q of %q: %v", got.String(), text, err)
		}
	})
}

type oneListener struct {
	net.Listener
	conn net.Conn
}

func (l oneListener) Accept() (net.Conn, error) { return l.conn, nil }
