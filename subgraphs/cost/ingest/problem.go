package ingest

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// maxProblems is how many problems of a file are told in full.
const maxProblems = 20

// Problem is a row that could not be used.
type Problem struct {
	Line    int // counted from 1
	Message string
}

// Problems are what is wrong in a file: the first few in full, and how many there are.
type Problems struct {
	First []Problem
	Count int
}

func (p *Problems) add(line int, message string) {
	p.Count++
	if len(p.First) < maxProblems {
		p.First = append(p.First, Problem{line, message})
	}
}

// String tells the problems in one line, for a log.
func (p Problems) String() string {
	parts := make([]string, 0, len(p.First)+1)
	for _, problem := range p.First {
		parts = append(parts, fmt.Sprintf("line %d: %s", problem.Line, problem.Message))
	}
	if more := p.Count - len(p.First); more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, "; ")
}

// skipByteOrderMark drops the mark that spreadsheets put before UTF-8.
func skipByteOrderMark(r io.Reader) io.Reader {
	buffered := bufio.NewReaderSize(r, 64<<10)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\xEF\xBB\xBF" {
		_, _ = buffered.Discard(3)
	}
	return buffered
}
