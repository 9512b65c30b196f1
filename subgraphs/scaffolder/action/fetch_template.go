package action

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/scaffolder"
	"devportal.internal/subgraphs/scaffolder/nunjucks"
	"devportal.internal/subgraphs/scaffolder/workspace"
)

const standardExtension = ".njk"

// templateInput is the input of fetch:template.
type templateInput struct {
	URL                   string         `json:"url"`
	TargetPath            string         `json:"targetPath"`
	Values                map[string]any `json:"values"`
	CopyWithoutTemplating []string       `json:"copyWithoutTemplating"`
	CopyWithoutRender     []string       `json:"copyWithoutRender"`
	CookiecutterCompat    bool           `json:"cookiecutterCompat"`
	TemplateFileExtension any            `json:"templateFileExtension"`
	Replace               bool           `json:"replace"`
	TrimBlocks            bool           `json:"trimBlocks"`
	LstripBlocks          bool           `json:"lstripBlocks"`
}

// skeleton fills in the files of one fetch:template.
type skeleton struct {
	input     templateInput
	request   *Request
	target    string
	extension string // only files with it are filled in; empty: all
	values    map[string]any
	written   int
}

func (s *source) template(ctx context.Context, request *Request) (Result, error) {
	filling, err := newSkeleton(request)
	if err != nil {
		return Result{}, err
	}
	err = s.each(ctx, request, filling.input.URL, func(file sourceFile) error { return filling.add(ctx, file) })
	if err != nil {
		return Result{}, err
	}
	return Result{}, request.Log(ctx, scaffolder.Info, fmt.Sprintf("filled in %d files", filling.written))
}

func newSkeleton(request *Request) (*skeleton, error) {
	s := &skeleton{request: request}
	if err := decode(request.Input, &s.input); err != nil {
		return nil, err
	}
	var err error
	if s.target, err = workspace.Clean(s.input.TargetPath); err != nil {
		return nil, err
	}
	// The values as they are, with exact numbers: decoding has made floats of them.
	values, _ := request.Input["values"].(map[string]any)
	s.values = map[string]any{"values": values}
	if s.input.CookiecutterCompat {
		s.values = map[string]any{"cookiecutter": values}
	}
	switch extension := s.input.TemplateFileExtension.(type) {
	case nil:
	case bool:
		if extension {
			s.extension = standardExtension
		}
	case string:
		s.extension = extension
	default:
		return nil, invalid("the input templateFileExtension is true, or an extension such as .njk")
	}
	for _, pattern := range append(s.input.CopyWithoutTemplating, s.input.CopyWithoutRender...) {
		if !doublestar.ValidatePattern(pattern) {
			return nil, invalid("%.200q is not a pattern", pattern)
		}
	}
	return s, nil
}

// add fills in one file and its name. A name of which a part comes out empty leaves the file out.
func (s *skeleton) add(ctx context.Context, file sourceFile) error {
	copied := matchesAny(s.input.CopyWithoutTemplating, file.name) || matchesAny(s.input.CopyWithoutRender, file.name)
	name := file.name
	filled := !copied && isText(file.body)
	if s.extension != "" {
		filled = strings.HasSuffix(name, s.extension) && isText(file.body)
		name = strings.TrimSuffix(name, s.extension)
	}
	if !matchesAny(s.input.CopyWithoutRender, file.name) {
		var err error
		if name, err = s.fill(ctx, name, file.name); err != nil {
			return err
		}
	}
	if name == "" || strings.HasPrefix(name, "/") && !strings.HasPrefix(file.name, "/") || strings.Contains(name, "//") || strings.HasSuffix(name, "/") {
		return nil
	}
	if filled {
		body, err := s.fill(ctx, string(file.body), file.name)
		if err != nil {
			return err
		}
		file.body = []byte(body)
	}
	return s.write(ctx, name, file)
}

func (s *skeleton) write(ctx context.Context, name string, file sourceFile) error {
	// The name is checked before it is joined: joining would resolve what leads out of the target.
	cleaned, err := workspace.Clean(name)
	if err != nil {
		return err
	}
	place := path.Join(s.target, cleaned)
	if !s.input.Replace {
		there, err := s.request.Workspace.Exists(place)
		if err != nil {
			return err
		}
		if there {
			return s.request.Log(ctx, scaffolder.Info, place+" is there already and stays as it is")
		}
	}
	s.written++
	return s.request.Workspace.Write(place, file.body, file.executable)
}

func (s *skeleton) fill(ctx context.Context, text, name string) (string, error) {
	filled, err := s.request.Renderer.Render(ctx, text, s.values, nunjucks.Options{
		TrimBlocks: s.input.TrimBlocks, LstripBlocks: s.input.LstripBlocks, CookiecutterCompat: s.input.CookiecutterCompat,
	})
	if message, ok := fault.Message(err); ok {
		return "", fault.New(fault.KindOf(err), "action.fill", "%s: %s", name, message).WithCode(fault.Code(err))
	}
	return filled, err
}

func matchesAny(patterns []string, name string) bool {
	for _, pattern := range patterns {
		if matched, _ := doublestar.Match(strings.TrimPrefix(pattern, "./"), name); matched {
			return true
		}
	}
	return false
}

// isText reports whether a file can be filled in: it is UTF-8 without NUL.
func isText(body []byte) bool { return utf8.Valid(body) && !bytes.ContainsRune(body, 0) }
