package scaffolder

import "strings"

// CompleteRef brings a reference into its full lower-case form. One that is empty, or names no kind where none is implied,
// gives "".
func CompleteRef(ref, kind string) string {
	namespace, name := "default", strings.ToLower(strings.TrimSpace(ref))
	if before, after, found := strings.Cut(name, ":"); found {
		kind, name = before, after
	}
	if before, after, found := strings.Cut(name, "/"); found {
		namespace, name = before, after
	}
	if kind == "" || namespace == "" || name == "" {
		return ""
	}
	return kind + ":" + namespace + "/" + name
}
