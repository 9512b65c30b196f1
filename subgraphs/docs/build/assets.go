package build

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"
)

// contentTypes are those of the files that are served, by extension.
var contentTypes = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
	".avif": "image/avif", ".ico": "image/x-icon", ".svg": "image/svg+xml", ".pdf": "application/pdf",
	".txt": "text/plain; charset=utf-8", ".csv": "text/csv; charset=utf-8", ".json": "application/json",
	".yaml": "application/yaml", ".yml": "application/yaml", ".mp4": "video/mp4", ".webm": "video/webm", ".zip": "application/zip",
}

// ContentType is the content type of an asset; false when files of its extension are not served.
func ContentType(name string) (string, bool) {
	kind, ok := contentTypes[strings.ToLower(path.Ext(name))]
	return kind, ok
}

func isServed(name string) bool {
	_, ok := ContentType(name)
	return ok
}

// isActive reports whether a file is one that a browser would run.
func isActive(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".html", ".htm", ".xhtml", ".js", ".mjs", ".css", ".xml", ".swf":
		return true
	default:
		return false
	}
}

func isSVG(name string) bool { return strings.EqualFold(path.Ext(name), ".svg") }

// svgElements are those that an image may have: shapes, text, and how they are painted.
var svgElements = setOf("svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "textPath",
	"title", "desc", "defs", "symbol", "use", "marker", "linearGradient", "radialGradient", "stop", "clipPath", "mask", "pattern",
	"filter", "feGaussianBlur", "feOffset", "feMerge", "feMergeNode", "feBlend", "feColorMatrix", "feFlood", "feComposite",
	"feDropShadow", "style", "metadata", "switch")

func setOf(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// checkSVG refuses an image that could do more than be looked at.
func checkSVG(body []byte) error {
	refused := func(why string) error {
		return invalid(CodeSourceUnreadable, "it is left out: an image may not %s", why)
	}
	decoder := xml.NewDecoder(bytes.NewReader(body))
	for depth := 0; ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return refused("be anything but well-formed XML")
		}
		switch token := token.(type) {
		case xml.Directive:
			if bytes.ContainsAny(token, "[") || bytes.Contains(bytes.ToUpper(token), []byte("ENTITY")) {
				return refused("declare entities")
			}
		case xml.ProcInst:
			if token.Target != "xml" {
				return refused("have processing instructions")
			}
		case xml.StartElement:
			if depth++; depth > 100 {
				return refused("be nested that deep")
			}
			if why := svgComplaint(token); why != "" {
				return refused(why)
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			if isForeignStyle(string(token)) {
				return refused("load anything")
			}
		}
	}
}

func svgComplaint(element xml.StartElement) string {
	prefixed := element.Name.Space != "" && element.Name.Space != "http://www.w3.org/2000/svg"
	if !svgElements[element.Name.Local] && !prefixed || element.Name.Space == "http://www.w3.org/1999/xhtml" {
		return "have <" + element.Name.Local + ">"
	}
	if prefixed && element.Name.Local == "script" {
		return "have scripts"
	}
	for _, attribute := range element.Attr {
		name := strings.ToLower(attribute.Name.Local)
		switch {
		case strings.HasPrefix(name, "on"):
			return "have event handlers"
		case name == "href" && !strings.HasPrefix(strings.TrimSpace(attribute.Value), "#"):
			return "refer to anything outside"
		case name != "xmlns" && attribute.Name.Space != "xmlns" && isForeignStyle(attribute.Value):
			return "load anything"
		}
	}
	return ""
}

// isForeignStyle reports whether a style, or an attribute with one, loads something from outside or runs something.
func isForeignStyle(text string) bool {
	text = strings.ToLower(strings.Join(strings.Fields(text), ""))
	text = strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(text, "url(#", ""), "url('#", ""), `url("#`, "")
	for _, word := range []string{"url(", "@import", "expression(", "javascript:", "image-set("} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}
