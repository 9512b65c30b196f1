package build

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// Limits of the snippets of one page.
const (
	maxSnippets     = 200
	maxSnippetDepth = 5
)

// snippetLine is a line that is replaced by a file, or by a named section of one.
var snippetLine = regexp.MustCompile(`^([ \t]*)-+8<-+[ \t]+(?:"([^"]+)"|'([^']+)')[ \t]*$`)

// sectionMark is a line that begins or ends a section of a file.
var sectionMark = regexp.MustCompile(`-+8<-+[ \t]*\[(start|end):[ \t]*([\w\-]+)\]`)

// snippets puts files into pages, out of folders of the site alone.
type snippets struct {
	source  fs.FS
	folders []string
}

// expansion is the work on one page.
type expansion struct {
	*snippets
	left    int // how many more may be put in
	size    int
	missing []string
}

// expand replaces the lines of a page that name snippets. What is missing is told, and leaves nothing.
func (s *snippets) expand(page string) (expanded string, missing []string) {
	if !strings.Contains(page, "8<-") {
		return page, nil
	}
	e := &expansion{snippets: s, left: maxSnippets}
	var out strings.Builder
	e.write(&out, page, "", 0)
	return out.String(), e.missing
}

func (e *expansion) write(out *strings.Builder, text, indent string, depth int) {
	block := false // within a block of names
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		switch match := snippetLine.FindStringSubmatch(strings.TrimRight(line, "\r\n")); {
		case match != nil:
			e.put(out, match[2]+match[3], indent+match[1], depth)
		case trimmed == "--8<--":
			block = !block
		case block && trimmed != "":
			e.put(out, trimmed, indent+line[:strings.Index(line, trimmed)], depth)
		case strings.HasPrefix(trimmed, ";") && strings.Contains(trimmed, "8<-"):
			e.line(out, indent+strings.Replace(line, ";", "", 1))
		case sectionMark.MatchString(line):
		default:
			e.line(out, indent+line)
		}
	}
}

func (e *expansion) line(out *strings.Builder, text string) {
	if e.size += len(text); e.size <= 2*maxPage {
		out.WriteString(text)
	}
}

func (e *expansion) put(out *strings.Builder, name, indent string, depth int) {
	e.left--
	if e.left < 0 || depth >= maxSnippetDepth || e.size > maxPage {
		e.miss(name, "there are too many, or they are nested too deep")
		return
	}
	name, section, _ := strings.Cut(name, ":")
	text, ok := e.read(name)
	if !ok {
		e.miss(name, "it is not there")
		return
	}
	if section != "" {
		text = sectionOf(text, section)
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	e.write(out, text, indent, depth+1)
}

func (e *expansion) miss(name, why string) {
	if len(e.missing) < 10 {
		e.missing = append(e.missing, "snippet "+name+": "+why)
	}
}

func (s *snippets) read(name string) (string, bool) {
	for _, folder := range s.folders {
		full := path.Join(folder, name)
		if path.IsAbs(name) || !fs.ValidPath(full) || (folder != "." && !strings.HasPrefix(full, folder+"/")) {
			continue
		}
		if body, err := readRegular(s.source, full, maxPage); err == nil {
			return strings.ReplaceAll(string(body), "\r\n", "\n"), true
		}
	}
	return "", false
}

// sectionOf is what lies between the marks of a section.
func sectionOf(text, name string) string {
	var out strings.Builder
	inside := false
	for line := range strings.Lines(text) {
		if mark := sectionMark.FindStringSubmatch(line); mark != nil {
			if mark[2] == name {
				inside = mark[1] == "start"
			}
			continue
		}
		if inside {
			out.WriteString(line)
		}
	}
	return out.String()
}
