package config

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/tabwriter"
	"time"
)

// Setting describes one setting for people.
type Setting struct {
	// Key is its name in the file, groups joined by dots: "catalog.refresh".
	Key string
	// Flag is its name on the command line, without dashes: "catalog-refresh".
	Flag string
	// Env is its name in the environment: "PORTAL_CATALOG_REFRESH".
	Env string
	// Type is text, number, yes/no, duration, list or list of records.
	Type string
	// Default is what holds when nobody sets it; empty when there is none.
	Default string
	// Doc is a sentence without a full stop.
	Doc string
}

const envPrefix = "PORTAL_"

// Describe lists every setting in the order of [Settings].
func Describe() []Setting {
	fields := leaves()
	settings := make([]Setting, 0, len(fields))
	for _, f := range fields {
		settings = append(settings, f.describe())
	}
	return settings
}

// WriteTable writes all settings for the help text: flag, variable, default and meaning.
func WriteTable(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range Describe() {
		text := s.Doc
		if s.Default != "" {
			text += " (default " + s.Default + ")"
		}
		if _, err := fmt.Fprintf(table, "  --%s\t%s\t%s\n", s.Flag, s.Env, text); err != nil {
			return err
		}
	}
	return table.Flush()
}

// leaf is a field of Settings that is a setting, not a group of them.
type leaf struct {
	key   string
	index []int
	field reflect.StructField
}

func leaves() []leaf { return leavesOf(reflect.TypeFor[Settings](), "", nil) }

func leavesOf(group reflect.Type, prefix string, index []int) []leaf {
	var found []leaf
	for i := range group.NumField() {
		field := group.Field(i)
		key := prefix + field.Tag.Get("key")
		at := append(append([]int(nil), index...), i)
		if field.Type.Kind() == reflect.Struct {
			found = append(found, leavesOf(field.Type, key+".", at)...)
			continue
		}
		found = append(found, leaf{key: key, index: at, field: field})
	}
	return found
}

func (l leaf) describe() Setting {
	return Setting{
		Key: l.key, Flag: l.flag(), Env: l.env(), Type: typeName(l.field.Type),
		Default: l.field.Tag.Get("default"), Doc: l.field.Tag.Get("doc"),
	}
}

func (l leaf) flag() string { return strings.NewReplacer(".", "-", "_", "-").Replace(l.key) }

func (l leaf) env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(l.key, ".", "_"))
}

func (l leaf) isList() bool { return l.field.Type.Kind() == reflect.Slice }

func typeName(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "duration"
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		return "list of records"
	case t.Kind() == reflect.Slice:
		return "list"
	case t.Kind() == reflect.Bool:
		return "yes/no"
	case t.Kind() == reflect.String:
		return "text"
	default:
		return "number"
	}
}
