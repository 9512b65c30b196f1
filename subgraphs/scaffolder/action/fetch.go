package action

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/filereader"
	"devportal.internal/internal/urlreader"
	"devportal.internal/subgraphs/scaffolder"
	"devportal.internal/subgraphs/scaffolder/workspace"
)

// Codes of the faults that fetching causes.
const (
	CodeFetchNotAllowed = "FETCH_NOT_ALLOWED"
	CodeFetchNotFound   = "FETCH_NOT_FOUND"
)

// source reads what steps fetch: folders and files beside the template's own file, and single files behind URLs.
type source struct {
	files *filereader.Files
	urls  scaffolder.URLReader
}

// sourceFile is one fetched file; its name is relative to what was fetched.
type sourceFile struct {
	name       string
	body       []byte
	executable bool
}

// each visits every file of what a URL of a step names, in the order of their paths.
func (s *source) each(ctx context.Context, request *Request, target string, visit func(sourceFile) error) error {
	kind, base, _ := strings.Cut(request.TemplateLocation, ":")
	parsed, err := url.Parse(target)
	switch {
	case target == "":
		return invalid("the input url is missing")
	case err == nil && (parsed.Scheme == "https" || parsed.Scheme == "http"):
		return s.eachOfURL(ctx, target, visit)
	case err == nil && parsed.Scheme != "":
		return notFetched("%.200q is neither a URL nor a path relative to the template", target)
	case kind == "url":
		resolved, err := url.Parse(base)
		if err != nil || parsed == nil {
			return notFetched("%.200q cannot be found from where the template is", target)
		}
		return s.eachOfURL(ctx, resolved.ResolveReference(parsed).String(), visit)
	case kind == "file":
		return s.eachOfFolder(ctx, base, target, visit)
	default:
		return notFetched("where the template is, is not known")
	}
}

func (s *source) eachOfURL(ctx context.Context, target string, visit func(sourceFile) error) error {
	if strings.HasSuffix(target, "/") || s.urls == nil {
		return notFetched("%.200q is no single file: behind URLs, folders cannot be listed", target)
	}
	response, err := s.urls.Read(ctx, target, urlreader.Condition{})
	if err != nil {
		return err
	}
	parsed, err := url.Parse(target)
	if err != nil {
		return notFetched("%.200q is no URL", target)
	}
	return visit(sourceFile{name: path.Base(parsed.Path), body: response.Body})
}

// eachOfFolder reads a folder, or one file, beside the template's file.
func (s *source) eachOfFolder(ctx context.Context, templateFile, target string, visit func(sourceFile) error) error {
	if filepath.IsAbs(target) || strings.ContainsAny(target, "\x00\\") {
		return notFetched("%.200q is not relative to the template", target)
	}
	place := filepath.Join(filepath.Dir(templateFile), filepath.FromSlash(target))
	folder, err := s.files.OpenDir(place)
	if err == nil {
		defer func() { _ = folder.Close() }()
		return walkFolder(ctx, folder, visit)
	}
	file, fileErr := s.files.Read(ctx, place)
	if fileErr != nil {
		return fault.New(fault.KindInvalid, "action.fetch", "%.200q is not there beside the template, or may not be read", target).
			WithCode(CodeFetchNotFound).Because(errors.Join(err, fileErr))
	}
	return visit(sourceFile{name: filepath.Base(place), body: file.Body})
}

func walkFolder(ctx context.Context, folder *os.Root, visit func(sourceFile) error) error {
	return fs.WalkDir(folder.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return notFetched("%s cannot be read", name)
		case ctx.Err() != nil:
			return ctx.Err()
		case entry.IsDir() && entry.Name() == ".git":
			return fs.SkipDir
		case entry.IsDir():
			return nil
		case !entry.Type().IsRegular():
			return notFetched("%s is a link, or something else that is no file", name)
		}
		body, executable, err := readRegular(folder, name)
		if err != nil {
			return err
		}
		return visit(sourceFile{name: name, body: body, executable: executable})
	})
}

func readRegular(folder *os.Root, name string) (body []byte, executable bool, err error) {
	file, err := folder.Open(name)
	if err != nil {
		return nil, false, notFetched("%s cannot be read", name)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, false, notFetched("%s is no file", name)
	}
	body, err = io.ReadAll(io.LimitReader(file, workspace.MaxFileBytes+1))
	if err != nil {
		return nil, false, notFetched("%s cannot be read", name)
	}
	return body, info.Mode()&0o100 != 0, nil
}

func (s *source) plain(ctx context.Context, request *Request) (Result, error) {
	var input struct {
		URL        string `json:"url"`
		TargetPath string `json:"targetPath"`
	}
	if err := decode(request.Input, &input); err != nil {
		return Result{}, err
	}
	target, err := workspace.Clean(input.TargetPath)
	if err != nil {
		return Result{}, err
	}
	count := 0
	err = s.each(ctx, request, input.URL, func(file sourceFile) error {
		count++
		return request.Workspace.Write(path.Join(target, file.name), file.body, file.executable)
	})
	if err != nil {
		return Result{}, err
	}
	return Result{}, request.Log(ctx, scaffolder.Info, fmt.Sprintf("fetched %d files", count))
}

func notFetched(format string, args ...any) error {
	return fault.Invalid("action.fetch", format, args...).WithCode(CodeFetchNotAllowed)
}
