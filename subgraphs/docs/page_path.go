package docs

import "strings"

// PagePath gives the path of a page as it is stored, for one that a client wrote: slashes around it say nothing.
func PagePath(path string) string {
	return strings.Trim(strings.ReplaceAll(strings.ToValidUTF8(path, "\uFFFD"), "\x00", "\uFFFD"), "/")
}
