package postgres

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// archive writes a package as the registry would: name -> content, under package/.
func archive(t *testing.T, files map[string]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "package.tgz")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	zipped := gzip.NewWriter(f)
	tarred := tar.NewWriter(zipped)
	for name, content := range files {
		header := &tar.Header{Name: name, Typeflag: tar.TypeReg, Size: int64(len(content)), Mode: 0o600}
		if err := tarred.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := tarred.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []interface{ Close() error }{tarred, zipped, f} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func TestUnpack(t *testing.T) {
	t.Parallel()
	t.Run("libraries get their links and programs their bit", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "out")
		err := unpack(archive(t, map[string]string{
			"package/native/lib/libpq.so.5.18":    "library",
			"package/native/bin/initdb":           "program",
			"package/native/pg-symlinks.json":     `[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so"}]`,
			"package/scripts/hydrate-symlinks.js": "never unpacked",
		}), dir)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(filepath.Join(dir, "lib/libpq.so")); err != nil || string(text) != "library" {
			t.Errorf("link gives %q, %v", text, err)
		}
		if info, err := os.Stat(filepath.Join(dir, "bin/initdb")); err != nil || info.Mode().Perm()&0o100 == 0 {
			t.Errorf("program: %v, %v", info, err)
		}
	})
	for name, files := range map[string]map[string]string{
		"a path that climbs out": {"package/native/../../../evil": "x"},
		"a link that climbs out": {
			"package/native/a":                "x",
			"package/native/pg-symlinks.json": `[{"source":"native/a","target":"../evil"}]`,
		},
		"a link to what is outside": {"package/native/pg-symlinks.json": `[{"source":"/etc/passwd","target":"native/x"}]`},
	} {
		t.Run(name+" writes nothing outside", func(t *testing.T) {
			t.Parallel()
			parent := t.TempDir()
			_ = unpack(archive(t, files), filepath.Join(parent, "a", "out"))
			_ = os.Mkdir(filepath.Join(parent, "a"), 0o700)
			_ = unpack(archive(t, files), filepath.Join(parent, "a", "out"))
			found, err := filepath.Glob(filepath.Join(parent, "*"))
			if err != nil || len(found) != 1 {
				t.Errorf("found %v, %v", found, err)
			}
			if _, err := os.Lstat(filepath.Join(parent, "a", "out", "x")); err == nil {
				t.Error("a link to the outside was made")
			}
		})
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	sum := sha512.Sum512([]byte("content"))
	if err := verify(path, "sha512-"+base64.StdEncoding.EncodeToString(sum[:])); err != nil {
		t.Errorf("the right checksum: %v", err)
	}
	sum[0]++
	if err := verify(path, "sha512-"+base64.StdEncoding.EncodeToString(sum[:])); err == nil {
		t.Error("a wrong checksum was accepted")
	}
}

// TestDownload drives the npm client for real. It needs the network, so it runs only when asked.
func TestDownload(t *testing.T) {
	t.Parallel()
	cache := os.Getenv("PORTAL_TEST_DOWNLOAD_CACHE")
	if cache == "" {
		t.Skip("set PORTAL_TEST_DOWNLOAD_CACHE to a folder to download a release into it")
	}
	var said []string
	install, err := download(t.Context(), cache, func(line string) { said = append(said, line) })
	if err != nil || install.major != releaseMajor {
		t.Fatalf("download = %+v, %v", install, err)
	}
	t.Log(strings.Join(said, "; "))
	server, err := Start(t.Context(), ServerOptions{DataDir: t.TempDir(), BinDir: install.bin})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	found := []installation{{bin: "a", major: 14}, {bin: "b", major: 15}, {bin: "c", major: 17}}
	tests := map[string]struct {
		wanted int
		bin    string
		ok     bool
	}{
		"the newest without a data folder":   {0, "c", true},
		"the data folder's own version":      {15, "b", true},
		"never one below the floor":          {14, "", false},
		"none when the version is not there": {16, "", false},
	}
	for name, tt := range tests {
		if got, ok := choose(found, tt.wanted); ok != tt.ok || got.bin != tt.bin {
			t.Errorf("%s: %+v, %v", name, got, ok)
		}
	}
}
