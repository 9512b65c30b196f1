package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"
	"gopkg.in/yaml.v3"

	"devportal.internal/internal/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const canary = "canary-7f3a9"

// holder is a struct with a secret in it, as settings have.
type holder struct {
	URL    telemetry.Secret
	Nested *holder
}

func TestNoSecretLeaves(t *testing.T) {
	t.Parallel()
	secret := telemetry.Secret(canary)
	jwt := "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ" + canary + ".c2lnbmF0dXJl"
	attrs := map[string]any{
		"value":         secret,
		"struct":        holder{URL: secret, Nested: &holder{URL: secret}},
		"pointer":       &holder{URL: secret},
		"list":          []telemetry.Secret{secret},
		"password":      canary,
		"db_password":   canary,
		"x-api-key":     canary,
		"authorization": "Bearer " + canary,
		"Set-Cookie":    "sid=" + canary,
		"secrets.token": []string{canary},
		"note":          "Authorization: Bearer " + canary,
		"url":           "postgres://portal:" + canary + "@db/portal",
		"link":          "https://example.com/x?access_token=" + canary + "&b=1",
		"signed":        "https://s3/x?X-Amz-Signature=" + canary,
		"jwt":           "token was " + jwt,
		"error":         fmt.Errorf("dial: %w", errors.New("redis://:"+canary+"@host:6379 refused")),
		"json":          json.RawMessage(`{"client_secret":"` + canary + `","a":[{"password" : "x\"` + canary + `"}]}`),
		"key":           "-----BEGIN PRIVATE KEY-----\n" + canary + "\n-----END PRIVATE KEY-----",
		"map":           map[string]string{"token": canary},
		"headers":       http.Header{"Authorization": {"Basic " + canary}},
	}
	for _, format := range []string{"json", "text"} {
		for name, value := range attrs {
			t.Run(format+" "+name, func(t *testing.T) {
				t.Parallel()
				var out bytes.Buffer
				logger := telemetry.NewLogger(&out, telemetry.LogOptions{Format: format})
				logger.Info("message", name, value)
				logger.With(name, value).WithGroup("g").Info("again", slog.Group("h", slog.Any(name, value)))
				if strings.Contains(out.String(), canary) {
					t.Errorf("leaked: %s", out.String())
				}
			})
		}
	}
	t.Run("nor by a message", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		telemetry.NewLogger(&out, telemetry.LogOptions{}).Info("connecting to redis://:" + canary + "@h")
		if strings.Contains(out.String(), canary) {
			t.Errorf("leaked: %s", out.String())
		}
	})
	t.Run("nor by any verb or encoding", func(t *testing.T) {
		t.Parallel()
		var out strings.Builder
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %v"} {
			fmt.Fprintf(&out, verb, secret)
			fmt.Fprintf(&out, verb, holder{URL: secret})
		}
		asJSON, _ := json.Marshal(holder{URL: secret})
		asYAML, _ := yaml.Marshal(holder{URL: secret})
		text := out.String() + string(asJSON) + string(asYAML)
		if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
			t.Errorf("leaked: %s", text)
		}
	})
}

func TestLogger(t *testing.T) {
	t.Parallel()
	t.Run("ordinary values stay as they are", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		telemetry.NewLogger(&out, telemetry.LogOptions{Format: "json"}).Info("hello",
			"tokens", 7, "path", "/graphql", "took", time.Second, "list", []string{"a"}, "none", nil, "url", "https://a.example/x?b=1")
		var got map[string]any
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got["tokens"] != 7.0 || got["path"] != "/graphql" || got["url"] != "https://a.example/x?b=1" || len(got["list"].([]any)) != 1 {
			t.Errorf("record = %v", got)
		}
	})
	t.Run("a record carries its trace and stays one line", func(t *testing.T) {
		t.Parallel()
		ctx := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2},
		}))
		for _, format := range []string{"json", "text"} {
			var out bytes.Buffer
			telemetry.NewLogger(&out, telemetry.LogOptions{Format: format}).InfoContext(ctx, "a\nlevel=ERROR msg=forged", "k", "b\nc")
			if !strings.Contains(out.String(), telemetry.TraceID(ctx)) || strings.Count(out.String(), "\n") != 1 {
				t.Errorf("log = %q", out.String())
			}
		}
	})
	t.Run("levels are kept", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		telemetry.NewLogger(&out, telemetry.LogOptions{Level: "warn"}).Info("quiet")
		if out.Len() != 0 {
			t.Errorf("log = %q", out.String())
		}
	})
}

// TestProviders is not parallel: the providers are global.
func TestProviders(t *testing.T) {
	t.Run("metrics and readiness are on the admin listener, with bounded labels", func(t *testing.T) {
		tel := open(t, telemetry.Options{Service: "portal"})
		var log bytes.Buffer
		handler := telemetry.Instrument(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if telemetry.TraceID(r.Context()) == "" {
				t.Error("a request without a trace id")
			}
			w.WriteHeader(http.StatusTeapot)
		}), telemetry.NewLogger(&log, telemetry.LogOptions{}))
		request := httptest.NewRequest("BREW", "/graphql?access="+canary, nil)
		request.Host = "evil-" + canary
		handler.ServeHTTP(httptest.NewRecorder(), request)
		metrics := getAdmin(t, tel, "/metrics", nil)
		if !strings.Contains(metrics, "http_server_request_duration_seconds_count") || !strings.Contains(metrics, "418") {
			t.Errorf("metrics = %.2000s", metrics)
		}
		if text := metrics + log.String(); strings.Contains(text, canary) || strings.Contains(text, "BREW") {
			t.Errorf("what the client chose became a label or a log: %s", log.String())
		}
		if !strings.Contains(log.String(), "path=/graphql status=418") {
			t.Errorf("log = %s", log.String())
		}
		if got := getAdmin(t, tel, "/readyz", nil); got != "ready" {
			t.Errorf("readyz = %q", got)
		}
		if got := getAdmin(t, tel, "/debug/pprof/", nil); !strings.Contains(got, "goroutine") {
			t.Errorf("pprof = %.200q", got)
		}
		if got := getAdmin(t, tel, "/metrics", http.Header{"Sec-Fetch-Site": {"cross-site"}}); !strings.Contains(got, "forbidden") {
			t.Errorf("another site got %.100q", got)
		}
	})
	t.Run("a panic is a 500 and a log record, and flushing still works", func(t *testing.T) {
		open(t, telemetry.Options{})
		var log bytes.Buffer
		logger := telemetry.NewLogger(&log, telemetry.LogOptions{})
		w := httptest.NewRecorder()
		telemetry.Instrument(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }), logger).
			ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if w.Code != 500 || !strings.Contains(log.String(), "boom") || strings.Contains(w.Body.String(), "boom") {
			t.Errorf("%d %s; log %s", w.Code, w.Body, log.String())
		}
		telemetry.Instrument(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if _, ok := w.(http.Flusher); !ok {
				t.Error("the response cannot be flushed")
			}
		}), logger).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	})
	t.Run("spans reach the collector", func(t *testing.T) {
		received := make(chan string, 10)
		collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			received <- r.URL.Path
		}))
		defer collector.Close()
		tel := open(t, telemetry.Options{OTLPEndpoint: collector.URL})
		_, span := otel.Tracer("test").Start(t.Context(), "work")
		span.End()
		closeTelemetry(t, tel)
		select {
		case path := <-received:
			if path != "/v1/traces" {
				t.Errorf("path = %q", path)
			}
		case <-time.After(10 * time.Second):
			t.Error("no span came")
		}
	})
	t.Run("no request waits for a collector that does not answer", func(t *testing.T) {
		asked, ended := make(chan struct{}, 100), make(chan struct{})
		collector := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			asked <- struct{}{}
			<-ended
		}))
		defer collector.Close()
		tel := open(t, telemetry.Options{OTLPEndpoint: collector.URL})
		handler := telemetry.Instrument(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
		request := func() {
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
		}
		request()
		<-asked
		for range 3_000 { // more than the spans that wait to be sent
			request()
		}
		close(ended)
		closeTelemetry(t, tel)
	})
	t.Run("an endpoint that is no URL is an error", func(t *testing.T) {
		if _, err := telemetry.Open(t.Context(), telemetry.Options{OTLPEndpoint: "nonsense"}); err == nil {
			t.Error("no error")
		}
	})
}

func open(t *testing.T, opts telemetry.Options) *telemetry.Telemetry {
	t.Helper()
	tel, err := telemetry.Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tel.Close(context.Background()) })
	return tel
}

func closeTelemetry(t *testing.T, tel *telemetry.Telemetry) {
	t.Helper()
	if err := tel.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func getAdmin(t *testing.T, tel *telemetry.Telemetry, path string, header http.Header) string {
	t.Helper()
	ready := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ready") })
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if header != nil {
		r.Header = header
	}
	tel.AdminHandler(ready, ready).ServeHTTP(w, r)
	return w.Body.String()
}

func FuzzScrub(f *testing.F) {
	f.Add("https://u:p@host/x?token=1", "password=")
	f.Fuzz(func(t *testing.T, a, b string) {
		if got := telemetry.Scrub(a + "postgres://u:" + canary + "@h " + b); strings.Contains(got, canary) {
			t.Errorf("leaked: %q", got)
		}
	})
}
