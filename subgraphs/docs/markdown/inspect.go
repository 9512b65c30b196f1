package markdown

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"

	"devportal.internal/subgraphs/docs"
)

// permalinkClass marks the link of a heading to itself.
const permalinkClass = "headerlink"

// inline are the elements that do not end a word.
var inline = map[string]bool{
	"a": true, "abbr": true, "b": true, "code": true, "del": true, "em": true, "i": true, "ins": true, "kbd": true, "mark": true,
	"s": true, "samp": true, "small": true, "span": true, "strong": true, "sub": true, "sup": true, "u": true, "var": true,
}

// inspection collects what a page of safe HTML says.
type inspection struct {
	document Document
	text     strings.Builder
	heading  *docs.Heading // the one that is open
	words    strings.Builder
	hidden   bool // within a permalink
}

// inspect reads title, headings and words out of safe HTML.
func inspect(page string) Document {
	s := &inspection{document: Document{HTML: page}}
	tokens := html.NewTokenizer(strings.NewReader(page))
	for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
		s.take(kind, tokens.Token())
	}
	s.document.Text = truncated(strings.Join(strings.Fields(s.text.String()), " "), maxText)
	return s.document
}

func (s *inspection) take(kind html.TokenType, token html.Token) {
	switch kind {
	case html.TextToken:
		s.write(token.Data)
		return
	case html.StartTagToken:
		s.open(token)
	case html.EndTagToken:
		s.close(token)
	default:
	}
	if !inline[token.Data] {
		s.write(" ")
	}
}

func (s *inspection) write(text string) {
	if s.hidden {
		return
	}
	s.text.WriteString(text)
	if s.heading != nil {
		s.words.WriteString(text)
	}
}

func (s *inspection) open(token html.Token) {
	if level := headingLevel(token.Data); level > 0 {
		s.heading = &docs.Heading{Level: level, Anchor: attribute(token, "id")}
		s.words.Reset()
	}
	if token.Data == "a" && attribute(token, "class") == permalinkClass {
		s.hidden = true
	}
}

func (s *inspection) close(token html.Token) {
	if token.Data == "a" {
		s.hidden = false
	}
	if s.heading == nil || headingLevel(token.Data) != s.heading.Level {
		return
	}
	s.heading.Text = strings.Join(strings.Fields(s.words.String()), " ")
	if s.heading.Level == 1 && s.document.Title == "" {
		s.document.Title = s.heading.Text
	}
	if len(s.document.Headings) < maxHeadings {
		s.document.Headings = append(s.document.Headings, *s.heading)
	}
	s.heading, s.hidden = nil, false
}

func headingLevel(element string) int {
	if len(element) == 2 && element[0] == 'h' && element[1] >= '1' && element[1] <= '6' {
		return int(element[1] - '0')
	}
	return 0
}

func attribute(token html.Token, name string) string {
	for _, one := range token.Attr {
		if one.Key == name {
			return one.Val
		}
	}
	return ""
}

// truncated cuts a text to so many bytes, between characters.
func truncated(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}
