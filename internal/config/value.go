package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// value is what one source says about one setting.
type value struct {
	node *yaml.Node
	// source says where it was set, for errors: "PORTAL_DATA", "flag --data", "portal.yaml line 3".
	source string
	// folder is what relative paths are relative to; "" means the working folder.
	folder string
	// err is set when the text could not be read at all.
	err error
}

// textValue reads a value that was written on one line: text as it is, numbers and durations as in the file, lists
// separated by commas, and lists of records as YAML ("[{name: a, folder: b}]").
func textValue(l leaf, text, source string) value {
	v := value{source: source}
	switch {
	case l.isList() && (isRecordList(l) || strings.HasPrefix(strings.TrimSpace(text), "[")):
		var document yaml.Node
		v.err = yaml.Unmarshal([]byte(text), &document)
		v.node = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		if v.err == nil && len(document.Content) > 0 {
			v.node = document.Content[0]
		}
	case l.isList():
		v.node = commaList(text)
	case l.field.Type.Kind() == reflect.String:
		v.node = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	default:
		v.node = &yaml.Node{Kind: yaml.ScalarNode, Value: strings.TrimSpace(text)}
	}
	return v
}

func isRecordList(l leaf) bool { return l.field.Type.Elem().Kind() == reflect.Struct }

func commaList(text string) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list.Content = append(list.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: part})
		}
	}
	return list
}

func (v value) name(key string) string { return fmt.Sprintf("setting %s (%s)", key, v.source) }

func (v value) decode(target reflect.Value, l leaf) error {
	name := v.name(l.key)
	if v.err != nil {
		return fmt.Errorf("%s: want YAML", name)
	}
	return v.decodeInto(target, v.node, l.field, name)
}

func (v value) decodeInto(target reflect.Value, node *yaml.Node, field reflect.StructField, name string) error {
	switch {
	case target.Kind() == reflect.Slice:
		return v.decodeList(target, resolved(node), field, name)
	case target.Kind() == reflect.Struct:
		return v.decodeRecord(target, resolved(node), name)
	default:
		return v.decodeScalar(target, resolved(node), field, name)
	}
}

func (v value) decodeScalar(target reflect.Value, node *yaml.Node, field reflect.StructField, name string) error {
	if node.Kind != yaml.ScalarNode || node.Decode(target.Addr().Interface()) != nil {
		return fmt.Errorf("%s: want %s", name, wanted(target.Type()))
	}
	if mode := field.Tag.Get("path"); mode != "" && target.String() != "" {
		path, err := v.absolute(target.String(), mode)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		target.SetString(path)
	}
	return nil
}

func (v value) decodeList(target reflect.Value, node *yaml.Node, field reflect.StructField, name string) error {
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return nil
	}
	if node.Kind != yaml.SequenceNode {
		return fmt.Errorf("%s: want a list", name)
	}
	list := reflect.MakeSlice(target.Type(), len(node.Content), len(node.Content))
	for i, item := range node.Content {
		if err := v.decodeInto(list.Index(i), item, field, fmt.Sprintf("%s item %d", name, i+1)); err != nil {
			return err
		}
	}
	target.Set(list)
	return nil
}

// decodeRecord reads one record of a list: every key must be known, defaults fill the gaps.
func (v value) decodeRecord(target reflect.Value, node *yaml.Node, name string) error {
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("%s: want a record", name)
	}
	given := map[string]*yaml.Node{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		given[node.Content[i].Value] = node.Content[i+1]
	}
	for i := range target.NumField() {
		field := target.Type().Field(i)
		key := field.Tag.Get("key")
		child, ok := given[key]
		delete(given, key)
		if !ok && field.Tag.Get("default") != "" {
			child, ok = &yaml.Node{Kind: yaml.ScalarNode, Value: field.Tag.Get("default")}, true
		}
		if ok {
			if err := v.decodeInto(target.Field(i), child, field, name+" "+key); err != nil {
				return err
			}
		}
		if err := check(target.Field(i), field, name+" "+key); err != nil {
			return err
		}
	}
	return unknownKey(given, name)
}

func unknownKey(left map[string]*yaml.Node, name string) error {
	first := ""
	for key := range left {
		if first == "" || key < first {
			first = key
		}
	}
	if len(left) == 0 {
		return nil
	}
	return fmt.Errorf("unknown key %s in %s", first, name)
}

func (v value) absolute(path, mode string) (string, error) {
	if mode == "unless-url" && strings.Contains(path, "://") {
		return path, nil
	}
	if strings.ContainsRune(path, 0) {
		return "", errors.New("a path holds no zero bytes")
	}
	if v.folder != "" && !filepath.IsAbs(path) {
		return filepath.Join(v.folder, path), nil
	}
	return filepath.Abs(path)
}

func wanted(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "a duration, for example 5m"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.String:
		return "a text"
	default:
		return "a whole number"
	}
}
