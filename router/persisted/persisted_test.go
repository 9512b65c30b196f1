package persisted_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"devportal.internal/router/persisted"
)

func write(t *testing.T, folder, name, text string) {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const apollo = `{"format":"apollo-persisted-query-manifest","version":1,"operations":[
	{"id":"a1","name":"A","type":"query","body":"query A { a }"},
	{"id":"b1","name":"B","type":"query","body":"query B { b }","clientName":"web"}]}`

func TestSource_reads_folders_and_both_manifests(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, folder, "one.graphql", "query One { one }\n")
	write(t, folder, "more/two.gql", "query Two { two }")
	write(t, folder, "relay.json", `{"r1":"query R { r }"}`)
	write(t, folder, "apollo.json", apollo)
	write(t, folder, "README.md", "no document")
	write(t, folder, ".git/x.graphql", "no document")
	list, err := (&persisted.Source{Path: folder}).Read()
	if err != nil {
		t.Fatal(err)
	}
	documents := persisted.New(persisted.Options{Mode: persisted.Enforce})
	documents.Register(list)
	for _, c := range []struct {
		ask  persisted.Ask
		want string
		code string
	}{
		{ask: persisted.Ask{ID: "r1"}, want: "query R { r }"},
		{ask: persisted.Ask{ID: "a1"}, want: "query A { a }"},
		{ask: persisted.Ask{ID: "b1", Client: "web"}, want: "query B { b }"},
		{ask: persisted.Ask{ID: "b1"}, code: persisted.CodeIDNotInList},
		{ask: persisted.Ask{Text: "query B { b }"}, code: persisted.CodeTextNotInList},
		{ask: persisted.Ask{ID: persisted.Hash("query One { one }\n")}, want: "query One { one }\n"},
		{ask: persisted.Ask{ID: "sha256:" + persisted.Hash("query One { one }")}, want: "query One { one }\n"},
		{ask: persisted.Ask{ID: persisted.Hash("query Two { two }")}, want: "query Two { two }"},
		{ask: persisted.Ask{ID: persisted.Hash("query A { a }")}, want: "query A { a }"},
		{ask: persisted.Ask{Text: "query One { one }"}, want: "query One { one }"},
		{ask: persisted.Ask{Text: "query One {one}"}, code: persisted.CodeTextNotInList},
		{ask: persisted.Ask{}, code: persisted.CodeBadRequest},
		{ask: persisted.Ask{Extensions: json.RawMessage(`{"persistedQuery":{"version":2,"sha256Hash":"a1"}}`)}, code: persisted.CodeBadRequest},
		{ask: persisted.Ask{Extensions: json.RawMessage(`{"persistedQuery":"a1"}`)}, code: persisted.CodeBadRequest},
		{ask: persisted.Ask{Extensions: json.RawMessage(`{"persistedQuery":{"version":1,"sha256Hash":"` + strings.Repeat("a", 300) + `"}}`)}, code: persisted.CodeBadRequest},
	} {
		found, refused := documents.Find(t.Context(), c.ask)
		if code := codeOf(refused); code != c.code || found.Text != c.want {
			t.Errorf("%+v: got %q, %s", c.ask, found.Text, code)
		}
	}
}

func codeOf(err *persisted.Error) string {
	if err == nil {
		return ""
	}
	return err.Code
}

func TestSource_names_the_file_that_it_cannot_read(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]struct{ name, text, want string }{
		"a syntax error":          {"x.graphql", "query {", "x.graphql"},
		"fragments alone":         {"x.graphql", "fragment F on T { a }", "no operation"},
		"no manifest":             {"x.json", "[]", "not a JSON object"},
		"a member that is a list": {"x.json", `{"a":["b"]}`, `"a"`},
		"another version":         {"x.json", `{"format":"apollo-persisted-query-manifest","version":2,"operations":[]}`, "version 2"},
		"one id for two texts":    {"x.json", `{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"a","body":"{a}"},{"id":"a","body":"{b}"}]}`, `"a"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			write(t, folder, file.name, file.text)
			if _, err := (&persisted.Source{Path: folder}).Read(); err == nil || !strings.Contains(err.Error(), file.want) || !strings.Contains(err.Error(), file.name) {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := (&persisted.Source{Path: filepath.Join(t.TempDir(), "nothing")}).Read(); err == nil {
		t.Error("a path with nothing was read")
	}
}

func TestSource_does_not_leave_its_folder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, folder, "secret/x.graphql", "query X { x }")
	if err := os.Mkdir(filepath.Join(folder, "list"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../secret/x.graphql", filepath.Join(folder, "list", "x.graphql")); err != nil {
		t.Fatal(err)
	}
	if _, err := (&persisted.Source{Path: filepath.Join(folder, "list")}).Read(); err == nil {
		t.Error("a link out of the folder was followed")
	}
}

func TestSource_notices_changes_and_keeps_the_last_good_list(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, folder, "one.graphql", "query One { one }")
	source := &persisted.Source{Path: folder}
	if _, err := source.Read(); err != nil {
		t.Fatal(err)
	}
	write(t, folder, "bad.graphql", "query {")
	ctx, cancel := context.WithCancel(t.Context())
	taken := make(chan *persisted.List)
	complaints := &watchedLog{wrote: make(chan struct{}, 1)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		source.Watch(ctx, time.Millisecond, func(list *persisted.List) { taken <- list }, slog.New(slog.NewTextHandler(complaints, nil)))
	}()
	<-complaints.wrote
	write(t, folder, "bad.graphql", "query Two { two }")
	if list := <-taken; list.Len() != 2 {
		t.Errorf("%d ids", list.Len())
	}
	cancel()
	<-ended
}

// watchedLog tells of the first line.
type watchedLog struct{ wrote chan struct{} }

func (w *watchedLog) Write(line []byte) (int, error) {
	select {
	case w.wrote <- struct{}{}:
	default:
	}
	return len(line), nil
}

// store is a Store that can break, and lie.
type store struct {
	texts map[string]string
	err   error
	asked int
}

func (s *store) Text(_ context.Context, key string) (string, error) {
	s.asked++
	return s.texts[key], s.err
}

func (s *store) KeepText(_ context.Context, key, text string, _ time.Duration) error {
	s.asked++
	if s.err == nil {
		s.texts[key] = text
	}
	return s.err
}

func apq(hash string) json.RawMessage {
	return json.RawMessage(`{"persistedQuery":{"version":1,"sha256Hash":"` + hash + `"}}`)
}

func TestDocuments_share_what_was_sent_and_do_without_a_store_that_fails(t *testing.T) {
	t.Parallel()
	shared := &store{texts: map[string]string{}}
	now := time.Unix(1, 0)
	replica := func() *persisted.Documents {
		return persisted.New(persisted.Options{Automatic: true, Store: shared, Now: func() time.Time { return now }})
	}
	first, second := replica(), replica()
	ask := persisted.Ask{Text: "{a}", Extensions: apq(persisted.Hash("{a}"))}
	found, err := first.Find(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	first.Keep(t.Context(), found)
	ask.Text = ""
	if found, err := second.Find(t.Context(), ask); err != nil || found.Text != "{a}" {
		t.Errorf("another replica: %q, %v", found.Text, err)
	}
	shared.texts[persisted.Hash("{b}")] = "{evil}"
	if _, err := second.Find(t.Context(), persisted.Ask{Extensions: apq(persisted.Hash("{b}"))}); codeOf(err) != persisted.CodeNotFound {
		t.Errorf("a text with another hash: %v", err)
	}
	shared.err = errors.New("away")
	asked := shared.asked
	for range 3 {
		if found, err := first.Find(t.Context(), ask); err != nil || found.Text != "{a}" {
			t.Errorf("without the store: %q, %v", found.Text, err)
		}
		_, _ = first.Find(t.Context(), persisted.Ask{Extensions: apq(persisted.Hash("{c}"))})
	}
	if shared.asked != asked+1 {
		t.Errorf("a store that failed was asked %d times at once", shared.asked-asked)
	}
}

func TestDocuments_bound_what_clients_make_metrics_and_logs_hold(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	documents := persisted.New(persisted.Options{Mode: persisted.Report, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for i := range 300 {
		for range 2 {
			client := strings.Repeat("c", i+1)
			if _, err := documents.Find(t.Context(), persisted.Ask{Text: "{a}", Client: client}); err != nil {
				t.Fatal(err)
			}
		}
	}
	var metrics bytes.Buffer
	documents.WriteMetrics(&metrics)
	if labels := strings.Count(metrics.String(), "client="); labels != 101 {
		t.Errorf("%d labels", labels)
	}
	if lines := strings.Count(log.String(), "\n"); lines != 101 {
		t.Errorf("%d lines for 600 operations of 300 clients", lines)
	}
}
