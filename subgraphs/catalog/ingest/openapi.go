package ingest

import (
	"maps"
	"slices"
	"strings"

	"devportal.internal/subgraphs/catalog"
)

// Bounds of what is kept of a definition.
const (
	maxOperations       = 2_000
	maxSummaryBytes     = 300
	maxDescriptionBytes = 4_000
)

// operationsOf reads the operations out of an OpenAPI definition (2.0, 3.0, 3.1), in the order of path and method. A
// definition that cannot be read has none: that is nothing to hold back an entity for.
func operationsOf(definition string) []catalog.Operation {
	documents, err := parseYAML([]byte(definition))
	if err != nil || len(documents) != 1 {
		return nil
	}
	root, _ := documents[0].value.(map[string]any)
	paths, _ := root["paths"].(map[string]any)
	var operations []catalog.Operation
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		operations = append(operations, operationsAt(path, pathItem(root, paths[path]))...)
		if len(operations) > maxOperations {
			return operations[:maxOperations]
		}
	}
	return operations
}

// pathItem follows a path item's reference into the components of the same definition.
func pathItem(root map[string]any, value any) map[string]any {
	item, _ := value.(map[string]any)
	reference, _ := item["$ref"].(string)
	name, ok := strings.CutPrefix(reference, "#/components/pathItems/")
	if !ok {
		return item
	}
	components, _ := root["components"].(map[string]any)
	items, _ := components["pathItems"].(map[string]any)
	referred, _ := items[name].(map[string]any)
	return referred
}

func operationsAt(path string, item map[string]any) []catalog.Operation {
	var operations []catalog.Operation
	for _, method := range []string{"delete", "get", "head", "options", "patch", "post", "put", "trace"} {
		fields, ok := item[method].(map[string]any)
		if !ok {
			continue
		}
		o := catalog.Operation{Method: strings.ToUpper(method), Path: path}
		o.Name, _ = fields["operationId"].(string)
		o.Summary, _ = fields["summary"].(string)
		o.Description, _ = fields["description"].(string)
		o.Deprecated, _ = fields["deprecated"].(bool)
		if o.Name == "" {
			o.Name = o.Method + " " + path
		}
		o.Name, o.Path = capped(o.Name, maxSummaryBytes), capped(o.Path, maxSummaryBytes)
		o.Summary, o.Description = capped(o.Summary, maxSummaryBytes), capped(o.Description, maxDescriptionBytes)
		operations = append(operations, o)
	}
	return operations
}

func capped(text string, most int) string {
	text = strings.ReplaceAll(text, "\x00", "")
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
