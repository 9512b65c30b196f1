package filereader_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/filereader"
)

// tree makes a folder "root" with files in it and a file "secret" beside it.
func tree(t *testing.T) (rootDir, secret string) {
	t.Helper()
	base := t.TempDir()
	rootDir, secret = filepath.Join(base, "root"), filepath.Join(base, "secret")
	for path, text := range map[string]string{
		secret: "canary",
		filepath.Join(rootDir, "catalog-info.yaml"):              "a",
		filepath.Join(rootDir, "team", "a", "catalog-info.yaml"): "b",
		filepath.Join(rootDir, "team", "b", "catalog-info.yml"):  "c",
		filepath.Join(rootDir, "large"):                          strings.Repeat("x", 101),
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return rootDir, secret
}

func open(t *testing.T, opts filereader.Options) *filereader.Files {
	t.Helper()
	files, err := filereader.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	return files
}

func TestRead(t *testing.T) {
	t.Parallel()
	rootDir, secret := tree(t)
	link := func(name, target string) string {
		path := filepath.Join(rootDir, name)
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pipe := filepath.Join(rootDir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	files := open(t, filereader.Options{Roots: []string{rootDir}, MaxBytes: 100})
	t.Run("a file below the root is read, also by a link that stays inside", func(t *testing.T) {
		for _, path := range []string{
			filepath.Join(rootDir, "catalog-info.yaml"), link("inside", "catalog-info.yaml"), rootDir + "/team/../catalog-info.yaml",
		} {
			file, err := files.Read(t.Context(), path)
			if err != nil || string(file.Body) != "a" || file.ModTime.IsZero() {
				t.Errorf("%s: %+v, %v", path, file, err)
			}
		}
	})
	tests := map[string]struct {
		path string
		kind fault.Kind
		code string
	}{
		"a path outside":               {secret, fault.KindInvalid, filereader.CodeFileNotAllowed},
		"a path that climbs out":       {rootDir + "/../secret", fault.KindInvalid, filereader.CodeFileNotAllowed},
		"a zero byte":                  {rootDir + "/a\x00b", fault.KindInvalid, filereader.CodeFileNotAllowed},
		"a link to the outside":        {link("escape", secret), fault.KindNotFound, filereader.CodeFileNotFound},
		"a relative link outside":      {link("climb", "../secret"), fault.KindNotFound, filereader.CodeFileNotFound},
		"a link to a folder outside":   {filepath.Join(link("up", ".."), "secret"), fault.KindNotFound, filereader.CodeFileNotFound},
		"a circle of links":            {link("circle", "circle"), fault.KindNotFound, filereader.CodeFileNotFound},
		"nothing":                      {rootDir + "/none", fault.KindNotFound, filereader.CodeFileNotFound},
		"a folder":                     {rootDir + "/team", fault.KindInvalid, filereader.CodeNotAFile},
		"a pipe that nobody writes to": {pipe, fault.KindInvalid, filereader.CodeNotAFile},
		"a file that is too large":     {rootDir + "/large", fault.KindInvalid, filereader.CodeFileTooLarge},
	}
	for name, tt := range tests {
		t.Run(name+" is refused", func(t *testing.T) {
			_, err := files.Read(t.Context(), tt.path)
			if fault.KindOf(err) != tt.kind || fault.Code(err) != tt.code {
				t.Errorf("error = %v (%s)", err, fault.Code(err))
			}
		})
	}
	t.Run("a folder opens as a root of its own", func(t *testing.T) {
		dir, err := files.OpenDir(filepath.Join(rootDir, "team"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = dir.Close() }()
		if _, err := dir.ReadFile("../catalog-info.yaml"); err == nil {
			t.Error("the folder above was read")
		}
	})
}

func TestGlob(t *testing.T) {
	t.Parallel()
	rootDir, _ := tree(t)
	if err := os.Symlink("..", filepath.Join(rootDir, "team", "up")); err != nil {
		t.Fatal(err)
	}
	files := open(t, filereader.Options{Roots: []string{rootDir}, MaxMatches: 2})
	t.Run("files are found in every folder, in order", func(t *testing.T) {
		got, err := files.Glob(t.Context(), rootDir+"/**/catalog-info.yaml")
		if err != nil {
			t.Fatal(err)
		}
		want := []string{filepath.Join(rootDir, "catalog-info.yaml"), filepath.Join(rootDir, "team/a/catalog-info.yaml")}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("no match is an empty list", func(t *testing.T) {
		if got, err := files.Glob(t.Context(), rootDir+"/*.none"); err != nil || len(got) != 0 {
			t.Errorf("got %v, %v", got, err)
		}
	})
	for name, tt := range map[string]struct{ pattern, code string }{
		"a pattern outside":          {rootDir + "/../*", filereader.CodeFileNotAllowed},
		"a broken pattern":           {rootDir + "/[a", filereader.CodePatternInvalid},
		"a pattern of too many":      {rootDir + "/**", filereader.CodeTooManyMatches},
		"a pattern through a link":   {rootDir + "/team/up/*/secret", ""},
		"an alternative that climbs": {rootDir + "/{..,team}/*", ""},
	} {
		t.Run(name+" finds nothing outside", func(t *testing.T) {
			got, err := files.Glob(t.Context(), tt.pattern)
			if fault.Code(err) != tt.code {
				t.Errorf("error = %v", err)
			}
			for _, path := range got {
				if !strings.HasPrefix(path, rootDir+"/") {
					t.Errorf("found %s", path)
				}
			}
		})
	}
}

func TestRoots(t *testing.T) {
	t.Parallel()
	t.Run("one that is made later is used then", func(t *testing.T) {
		t.Parallel()
		later := filepath.Join(t.TempDir(), "later")
		files := open(t, filereader.Options{Roots: []string{later}})
		if diff := cmp.Diff([]string{later}, files.Missing()); diff != "" {
			t.Errorf("missing (-want +got):\n%s", diff)
		}
		if _, err := files.Read(t.Context(), later+"/a"); !fault.Is(err, fault.KindNotFound) {
			t.Errorf("error = %v", err)
		}
		if found, err := files.Glob(t.Context(), later+"/*"); err != nil || len(found) != 0 {
			t.Errorf("found %v, %v", found, err)
		}
		if err := os.Mkdir(later, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(later+"/a", []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if file, err := files.Read(t.Context(), later+"/a"); err != nil || string(file.Body) != "x" {
			t.Errorf("file = %v, %v", file, err)
		}
	})
	t.Run("one that is no folder is named at the start", func(t *testing.T) {
		t.Parallel()
		_, secret := tree(t)
		if _, err := filereader.Open(filereader.Options{Roots: []string{secret}}); err == nil || !strings.Contains(err.Error(), secret) {
			t.Errorf("error = %v", err)
		}
	})
}
