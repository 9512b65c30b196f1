package graphclient_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/scaffolder/graphclient"
)

// names issues tokens that are the subject's name.
type names struct{}

func (names) Issue(p auth.Principal, ttl time.Duration) (string, error) {
	if ttl > 5*time.Minute {
		return "", errors.New("the token lives too long")
	}
	return p.Subject, nil
}

// graph answers operations by what they are called.
func graph(answers map[string]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct{ Query string }
		if json.NewDecoder(r.Body).Decode(&request) != nil || r.Header.Get("Authorization") != "Bearer user:default/ann" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		for name, answer := range answers {
			if strings.Contains(request.Query, name) {
				_, _ = io.WriteString(w, answer)
				return
			}
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	})
}

const (
	registered = `{"data":{"registerLocation":{"location":{"entities":{"nodes":[{"ref":"component:default/a"},{"ref":"api:default/b"}]}},"userErrors":[]}}}`
	exists     = `{"data":{"registerLocation":{"location":null,"userErrors":[{"code":"LOCATION_EXISTS","message":"it is there"}]}}}`
	unreadable = `{"data":{"registerLocation":{"location":null,"userErrors":[{"code":"FILE_NOT_FOUND","message":"it is not there"}]}}}`
	forbidden  = `{"data":null,"errors":[{"message":"you may not do this","extensions":{"code":"FORBIDDEN"}}]}`
	locations  = `{"data":{"catalogLocations":{"pageInfo":{"hasNextPage":false,"endCursor":"x"},"nodes":[
		{"type":"file","target":"/other","entities":{"nodes":[{"ref":"component:default/other"}]}},
		{"type":"file","target":"/here","entities":{"nodes":[{"ref":"component:default/a"}]}}]}}}`
)

func TestRegisterLocation(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answers map[string]string
		want    []string
		kind    fault.Kind
		code    string
	}{
		"gives the entities of a new place":       {map[string]string{"ScaffolderRegister": registered}, []string{"component:default/a", "api:default/b"}, "", ""},
		"gives those of a place that is there":    {map[string]string{"ScaffolderRegister": exists, "ScaffolderLocations": locations}, []string{"component:default/a"}, "", ""},
		"says what the catalog does not take":     {map[string]string{"ScaffolderRegister": unreadable}, nil, fault.KindInvalid, "FILE_NOT_FOUND"},
		"says that the principal may not do it":   {map[string]string{"ScaffolderRegister": forbidden}, nil, fault.KindForbidden, "FORBIDDEN"},
		"says that the graph does not answer":     {nil, nil, fault.KindUnavailable, ""},
		"survives an answer that is no JSON":      {map[string]string{"ScaffolderRegister": "<html>"}, nil, fault.KindUnavailable, ""},
		"survives an answer without what it asks": {map[string]string{"ScaffolderRegister": `{"data":{}}`}, nil, fault.KindInternal, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			served := httptest.NewServer(graph(tt.answers))
			defer served.Close()
			inProcess := graphclient.New(names{}, "")
			inProcess.Use(graph(tt.answers))
			for way, client := range map[string]*graphclient.Client{"over HTTP": graphclient.New(names{}, served.URL), "in the process": inProcess} {
				got, err := client.RegisterLocation(t.Context(), auth.Principal{Subject: "user:default/ann"}, "file", "/here")
				if diff := cmp.Diff(tt.want, got); diff != "" || fault.KindOf(err) != tt.kind || fault.Code(err) != tt.code {
					t.Errorf("%s: %v, kind %q, code %q (-want +got):\n%s", way, err, fault.KindOf(err), fault.Code(err), diff)
				}
				client.Close()
			}
		})
	}
	t.Run("is unavailable before the graph is served", func(t *testing.T) {
		t.Parallel()
		_, err := graphclient.New(names{}, "").RegisterLocation(t.Context(), auth.Principal{Subject: "user:default/ann"}, "file", "/here")
		if fault.KindOf(err) != fault.KindUnavailable {
			t.Errorf("error %v, want unavailable", err)
		}
	})
}
