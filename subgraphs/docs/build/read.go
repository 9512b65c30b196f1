package build

import (
	"errors"
	"io"
	"io/fs"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/docs/markdown"
)

// maxPage bounds the source of a page.
const maxPage = markdown.MaxBytes

// readRegular reads a regular file of at most so many bytes. It is looked at before it is opened: opening a pipe waits.
func readRegular(source fs.FS, name string, most int64) ([]byte, error) {
	info, err := fs.Stat(source, name)
	if err != nil {
		return nil, unreadable(err)
	}
	if !info.Mode().IsRegular() {
		return nil, invalid(CodeSourceUnreadable, "it is no regular file")
	}
	file, err := source.Open(name)
	if err != nil {
		return nil, unreadable(err)
	}
	defer func() { _ = file.Close() }()
	body, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return nil, unreadable(err)
	}
	if int64(len(body)) > most {
		return nil, invalid(CodeSourceTooLarge, "it is larger than %d bytes", most)
	}
	return body, nil
}

// unreadable hides where files lie; whether one exists is kept as the cause.
func unreadable(err error) error {
	if isNotThere(err) {
		return invalid(CodeSourceUnreadable, "it is not there").Because(err)
	}
	return invalid(CodeSourceUnreadable, "it cannot be read").Because(err)
}

func isNotThere(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// messageOf is what a site's authors are told of an error.
func messageOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) && f.Message != "" {
		return f.Message
	}
	return "it cannot be used"
}

// warnings collects warnings up to a bound.
type warnings struct{ all []string }

func (w *warnings) add(texts ...string) {
	for _, text := range texts {
		switch {
		case len(w.all) < maxWarnings:
			w.all = append(w.all, text)
		case len(w.all) == maxWarnings:
			w.all = append(w.all, "there are more warnings")
		}
	}
}
