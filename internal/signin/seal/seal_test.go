package seal_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"devportal.internal/internal/signin/seal"
)

const key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

func TestSeal(t *testing.T) {
	t.Parallel()
	s, err := seal.Parse(key)
	if err != nil {
		t.Fatal(err)
	}
	sealed := s.Seal("a", "context", []byte("text"))
	if plain, err := s.Open("a", "context", sealed); err != nil || string(plain) != "text" {
		t.Errorf("opened %q, %v", plain, err)
	}
	changed := append([]byte(nil), sealed...)
	changed[len(changed)-1] ^= 1
	refused := map[string]func() ([]byte, error){
		"another purpose": func() ([]byte, error) { return s.Open("b", "context", sealed) },
		"another context": func() ([]byte, error) { return s.Open("a", "other", sealed) },
		"a changed byte":  func() ([]byte, error) { return s.Open("a", "context", changed) },
		"nothing":         func() ([]byte, error) { return s.Open("a", "context", nil) },
	}
	for name, open := range refused {
		if plain, err := open(); err == nil {
			t.Errorf("%s: opened %q", name, plain)
		}
	}
	if !s.Verifies("a", "text", s.Tag("a", "text")) || s.Verifies("b", "text", s.Tag("a", "text")) {
		t.Error("a tag verifies for its purpose alone")
	}
	if text := fmt.Sprintf("%v %+v %#v %s", s, s, s, s); strings.Contains(text, "0, 0") {
		t.Errorf("it prints its key: %s", text)
	}
}

func TestKeyFiles(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	if _, err := seal.Open(file, false); err == nil {
		t.Error("a file that is not there is read")
	}
	first, err := seal.Open(file, true)
	if err != nil {
		t.Fatal(err)
	}
	second, err := seal.Open(file, true)
	if err != nil || !second.Verifies("p", "x", first.Tag("p", "x")) {
		t.Errorf("the second time it is another key: %v", err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Open(file, true); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that others may read: %v", err)
	}
	for _, text := range []string{"", "abc", key[:20], strings.Repeat(key+",", 9)} {
		if _, err := seal.Parse(text); err == nil || (text != "" && strings.Contains(err.Error(), text)) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
