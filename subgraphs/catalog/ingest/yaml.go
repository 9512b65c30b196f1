package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"gopkg.in/yaml.v3"

	"devportal.internal/internal/fault"
)

// Codes of the faults that a file's text causes.
const (
	CodeInvalidYAML = "INVALID_YAML"
	CodeTooLarge    = "FILE_TOO_LARGE"
)

// Bounds of one file.
const (
	maxFileBytes = 4 << 20
	maxYAMLNodes = 400_000
	maxYAMLDepth = 100
	maxDocuments = 10_000
)

// document is one YAML document of a file.
type document struct {
	// line is where it begins, counted from 1.
	line  int
	value any
}

// parseError is why a text is no YAML, and in which line.
type parseError struct {
	line int
	err  *fault.Error
}

// Error says what is wrong.
func (e *parseError) Error() string { return e.err.Error() }

// Unwrap gives the fault.
func (e *parseError) Unwrap() error { return e.err }

// parseYAML reads all documents of a text; those that are empty are left out. Any error means that none of them counts.
// Merge keys are kept as they are written, keys must be unique, and what looks like a date is a string.
func parseYAML(text []byte) (documents []document, err error) {
	defer func() {
		if recover() != nil {
			documents, err = nil, invalidYAML(0, "the text cannot be parsed")
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	budget := &yamlBudget{nodes: maxYAMLNodes}
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, yamlError(err)
		}
		value, err := budget.value(&node, maxYAMLDepth)
		if err != nil {
			return nil, err
		}
		if value != nil {
			documents = append(documents, document{line: firstLine(&node), value: value})
		}
		if len(documents) > maxDocuments {
			return nil, invalidYAML(0, "the file has more than %d documents", maxDocuments)
		}
	}
}

func firstLine(node *yaml.Node) int {
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		return node.Content[0].Line
	}
	return node.Line
}

// yamlBudget is what is left of the bounds of a file while its documents are decoded.
type yamlBudget struct {
	nodes int
}

func (b *yamlBudget) value(node *yaml.Node, depth int) (any, error) {
	b.nodes--
	if b.nodes < 0 || depth < 0 {
		return nil, invalidYAML(node.Line, "the document is too large: at most %d values, %d levels deep, aliases resolved",
			maxYAMLNodes, maxYAMLDepth)
	}
	switch node.Kind {
	case yaml.DocumentNode:
		if len(node.Content) == 0 {
			return nil, nil
		}
		return b.value(node.Content[0], depth)
	case yaml.AliasNode:
		return b.value(node.Alias, depth-1)
	case yaml.SequenceNode:
		return b.sequence(node, depth)
	case yaml.MappingNode:
		return b.mapping(node, depth)
	case yaml.ScalarNode:
		return scalar(node)
	default:
		return nil, nil
	}
}

func (b *yamlBudget) sequence(node *yaml.Node, depth int) (any, error) {
	items := make([]any, len(node.Content))
	for i, content := range node.Content {
		item, err := b.value(content, depth-1)
		if err != nil {
			return nil, err
		}
		items[i] = item
	}
	return items, nil
}

func (b *yamlBudget) mapping(node *yaml.Node, depth int) (any, error) {
	fields := make(map[string]any, len(node.Content)/2)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			return nil, invalidYAML(key.Line, "a key is not a simple text")
		}
		if _, twice := fields[key.Value]; twice {
			return nil, invalidYAML(key.Line, "the key %q is there twice", shorten(key.Value))
		}
		value, err := b.value(node.Content[i+1], depth-1)
		if err != nil {
			return nil, err
		}
		fields[key.Value] = value
	}
	return fields, nil
}

// scalar reads a value. Only what YAML's core schema knows is more than a text: null, booleans and numbers.
func scalar(node *yaml.Node) (any, error) {
	switch node.ShortTag() {
	case "!!null":
		return nil, nil
	case "!!bool", "!!int", "!!float":
		var value any
		if err := node.Decode(&value); err != nil {
			return nil, invalidYAML(node.Line, "%q cannot be read", shorten(node.Value))
		}
		return value, nil
	default:
		return node.Value, nil
	}
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

// yamlError takes the line out of the parser's message, which speaks of nothing but syntax.
func yamlError(err error) error {
	message := err.Error()
	line := 0
	if at := yamlLine.FindStringSubmatchIndex(message); at != nil {
		line, _ = strconv.Atoi(message[at[2]:at[3]])
		message = message[at[1]:]
	}
	return invalidYAML(line, "%s", shorten(message))
}

func invalidYAML(line int, format string, args ...any) error {
	return &parseError{line: line, err: fault.Invalid("ingest.parseYAML", "%s", "this is not valid YAML: "+fmt.Sprintf(format, args...)).
		WithCode(CodeInvalidYAML)}
}

// shorten keeps a text that came from a file from filling a message.
func shorten(text string) string {
	const most = 200
	if len(text) <= most {
		return text
	}
	return string(bytes.ToValidUTF8([]byte(text[:most]), nil)) + "…"
}
