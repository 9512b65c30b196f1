package persisted

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// apolloFormat is what Apollo's manifest calls itself.
const apolloFormat = "apollo-persisted-query-manifest"

// apolloManifest is Apollo's manifest of persisted queries, version 1. An operation with a client's name is registered
// for that client alone.
type apolloManifest struct {
	Format     string `json:"format"`
	Version    int    `json:"version"`
	Operations []struct {
		ID         string `json:"id"`
		Body       string `json:"body"`
		ClientName string `json:"clientName"`
	} `json:"operations"`
}

// addManifest registers what a manifest holds, in Apollo's format or in Relay's.
func (l *List) addManifest(text []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return errors.New("it is not a JSON object")
	}
	if _, apollo := members["format"]; apollo {
		return l.addApollo(text)
	}
	for _, id := range slices.Sorted(maps.Keys(members)) {
		var document string
		if json.Unmarshal(members[id], &document) != nil {
			return fmt.Errorf("the member %q is no text: a manifest is {id: text}, or has the format %s", id, apolloFormat)
		}
		if err := l.addDocument("", id, document); err != nil {
			return err
		}
	}
	return nil
}

func (l *List) addApollo(text []byte) error {
	var manifest apolloManifest
	if err := json.Unmarshal(text, &manifest); err != nil {
		return fmt.Errorf("it is no manifest of Apollo's: %w", err)
	}
	if manifest.Format != apolloFormat || manifest.Version != 1 {
		return fmt.Errorf("its format is %q, version %d: %s, version 1 is understood", manifest.Format, manifest.Version, apolloFormat)
	}
	for _, operation := range manifest.Operations {
		if err := l.addDocument(operation.ClientName, operation.ID, operation.Body); err != nil {
			return err
		}
	}
	return nil
}

// addText registers the document of a file under the hashes of its text, with and without white space around it.
func (l *List) addText(text []byte) error {
	return errors.Join(
		l.addDocument("", Hash(string(text)), string(text)),
		l.addDocument("", Hash(string(bytes.TrimSpace(text))), string(text)),
	)
}

// addDocument registers a document that can be parsed and has an operation.
func (l *List) addDocument(client, id, text string) error {
	parsed, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, maxTokens)
	if err != nil {
		return fmt.Errorf("operation %q: %w", id, err)
	}
	if len(parsed.Operations) == 0 {
		return fmt.Errorf("operation %q: the document has no operation: fragments go into the file that uses them", id)
	}
	return l.add(client, id, text)
}

// maxTokens bounds a registered document.
const maxTokens = 100_000
