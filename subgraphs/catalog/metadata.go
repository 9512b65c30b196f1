package catalog

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// metadata is the part of an envelope that every kind has.
type metadata struct {
	name, namespace, title, description string
	labels, annotations                 map[string]string
	tags                                []string
	links                               []Link
	raw                                 json.RawMessage
}

var (
	namePattern      = regexp.MustCompile(`^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$`)
	namespacePattern = regexp.MustCompile(`^[a-z0-9]+(?:-+[a-z0-9]+)*$`)
	dnsPattern       = regexp.MustCompile(`^[a-z0-9]+(?:[-.][a-z0-9]+|-+[a-z0-9]+)*$`)
	tagPattern       = regexp.MustCompile(`^[a-z0-9:+#]+(-[a-z0-9:+#]+)*$`)
)

const (
	maxPrefixBytes = 253
	maxListItems   = 1000
)

func checkName(name string) error {
	if len(name) > maxNameBytes || !namePattern.MatchString(name) {
		return invalidMetadata("metadata.name %q is malformed: it is 1 to 63 letters, digits, and -_. in between", shorten(name))
	}
	return nil
}

func checkNamespace(namespace string) error {
	if len(namespace) > maxNameBytes || !namespacePattern.MatchString(namespace) {
		return invalidMetadata("metadata.namespace %q is malformed: it is 1 to 63 lower-case letters, digits, and - in between",
			shorten(namespace))
	}
	return nil
}

// readMetadata reads and checks metadata. Fields that it does not know are kept in raw. The uid and the etag that a
// file may have are the server's to give, and ignored.
func readMetadata(value any) (metadata, error) {
	fields, ok := value.(map[string]any)
	if !ok {
		return metadata{}, invalidMetadata("metadata is missing or not an object")
	}
	m := metadata{namespace: DefaultNamespace}
	reads := []func(map[string]any) error{m.readNames, m.readMaps, m.readTags, m.readLinks}
	for _, read := range reads {
		if err := read(fields); err != nil {
			return metadata{}, err
		}
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return metadata{}, invalidMetadata("metadata holds a value that JSON does not have").Because(err)
	}
	m.raw = raw
	return m, nil
}

func (m *metadata) readNames(fields map[string]any) error {
	for key, into := range map[string]*string{
		"name": &m.name, "namespace": &m.namespace, "title": &m.title, "description": &m.description,
	} {
		value, given := fields[key]
		if !given {
			continue
		}
		text, ok := value.(string)
		if !ok {
			return invalidMetadata("metadata.%s is not a string", key)
		}
		*into = text
	}
	if err := checkName(m.name); err != nil {
		return err
	}
	return checkNamespace(m.namespace)
}

// readMaps reads labels and annotations. `annotations: null` is accepted, `labels: null` is not: so does the reference.
func (m *metadata) readMaps(fields map[string]any) error {
	labels, err := readStringMap(fields, "labels", false)
	if err != nil {
		return err
	}
	for key, value := range labels {
		if value != "" && (len(value) > maxNameBytes || !namePattern.MatchString(value)) {
			return invalidMetadata("the value of label %q is malformed: it is empty or at most 63 letters, digits, and -_. in between", key)
		}
	}
	annotations, err := readStringMap(fields, "annotations", true)
	m.labels, m.annotations = labels, annotations
	return err
}

func readStringMap(fields map[string]any, name string, mayBeNull bool) (map[string]string, error) {
	value, given := fields[name]
	if !given || (value == nil && mayBeNull) {
		return map[string]string{}, nil
	}
	object, ok := value.(map[string]any)
	if !ok || len(object) > maxListItems {
		return nil, invalidMetadata("metadata.%s is not an object of at most %d keys", name, maxListItems)
	}
	out := make(map[string]string, len(object))
	for key, value := range object {
		text, ok := value.(string)
		if !ok {
			return nil, invalidMetadata("the value of %s %q is not a string: quote it", name, shorten(key))
		}
		if !isQualifiedName(key) {
			return nil, invalidMetadata("the key %q in %s is malformed: write [prefix/]name", shorten(key), name)
		}
		out[key] = text
	}
	return out, nil
}

func isQualifiedName(key string) bool {
	prefix, name, found := strings.Cut(key, "/")
	if !found {
		name = key
	} else if len(prefix) > maxPrefixBytes || !dnsPattern.MatchString(prefix) {
		return false
	}
	return len(name) <= maxNameBytes && namePattern.MatchString(name)
}

func (m *metadata) readTags(fields map[string]any) error {
	items, err := readList(fields, "tags")
	if err != nil {
		return err
	}
	for _, item := range items {
		tag, ok := item.(string)
		if !ok || len(tag) > maxNameBytes || !tagPattern.MatchString(tag) {
			return invalidMetadata("a tag is malformed: it is 1 to 63 of a-z 0-9 : + #, with - in between")
		}
		m.tags = append(m.tags, tag)
	}
	slices.Sort(m.tags)
	m.tags = slices.Compact(m.tags)
	return nil
}

func (m *metadata) readLinks(fields map[string]any) error {
	items, err := readList(fields, "links")
	if err != nil {
		return err
	}
	for _, item := range items {
		link, err := readLink(item)
		if err != nil {
			return err
		}
		m.links = append(m.links, link)
	}
	return nil
}

func readLink(item any) (Link, error) {
	fields, ok := item.(map[string]any)
	if !ok {
		return Link{}, invalidMetadata("a link is not an object")
	}
	var link Link
	for key, into := range map[string]*string{"url": &link.URL, "title": &link.Title, "icon": &link.Icon, "type": &link.Type} {
		value, given := fields[key]
		text, ok := value.(string)
		if given && (!ok || text == "") {
			return Link{}, invalidMetadata("%s of a link is not a string, or empty", key)
		}
		*into = text
	}
	if _, err := url.Parse(link.URL); err != nil || link.URL == "" {
		return Link{}, invalidMetadata("a link has no url, or a malformed one")
	}
	return link, nil
}

// readList reads a list that may be absent but not null.
func readList(fields map[string]any, name string) ([]any, error) {
	value, given := fields[name]
	if !given {
		return nil, nil
	}
	items, ok := value.([]any)
	if !ok || len(items) > maxListItems {
		return nil, invalidMetadata("metadata.%s is not a list of at most %d items", name, maxListItems)
	}
	return items, nil
}
