package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// minMajor is the oldest PostgreSQL that the portal's SQL is written for.
const minMajor = 15

// installation is a folder of PostgreSQL's programs and their major version.
type installation struct {
	bin   string
	major int
}

// finder looks for PostgreSQL's programs in the order that the settings promise.
type finder struct {
	binDir   string
	cacheDir string
	progress func(string)
}

// find gives the programs of the wanted major version, or of the newest usable one when wanted is 0.
func (f finder) find(ctx context.Context, wanted int) (installation, error) {
	if f.binDir != "" {
		return f.configured(ctx, wanted)
	}
	if found, ok := choose(installed(ctx), wanted); ok {
		return found, nil
	}
	if wanted != 0 && wanted != releaseMajor {
		return installation{}, notFound(fmt.Errorf("the data folder needs version %d, which is not installed", wanted))
	}
	downloaded, err := download(ctx, f.cacheDir, f.progress)
	if err != nil {
		return installation{}, notFound(err)
	}
	return downloaded, nil
}

func notFound(err error) error {
	return fmt.Errorf("no PostgreSQL to be found: set PORTAL_DATABASE_URL to a running one, or PORTAL_PG_BIN to the "+
		"folder of its programs, or install PostgreSQL %d or later, or let npm download a pinned release (%w)",
		minMajor, err)
}

func (f finder) configured(ctx context.Context, wanted int) (installation, error) {
	found, err := inspect(ctx, f.binDir)
	switch {
	case err != nil:
		return installation{}, fmt.Errorf("use PORTAL_PG_BIN: %w", err)
	case found.major < minMajor:
		return installation{}, fmt.Errorf("use PORTAL_PG_BIN: %s holds PostgreSQL %d, older than %d",
			f.binDir, found.major, minMajor)
	case wanted != 0 && found.major != wanted:
		return installation{}, fmt.Errorf("use PORTAL_PG_BIN: %s holds PostgreSQL %d, the data folder needs %d",
			f.binDir, found.major, wanted)
	}
	return found, nil
}

// choose takes the wanted version, or the newest when wanted is 0.
func choose(found []installation, wanted int) (installation, bool) {
	var best installation
	for _, candidate := range found {
		fits := wanted == 0 || candidate.major == wanted
		if fits && candidate.major >= minMajor && candidate.major > best.major {
			best = candidate
		}
	}
	return best, best.major != 0
}

// installed lists what the machine has: Debian's and Red Hat's folders, Homebrew's, and PATH.
func installed(ctx context.Context) []installation {
	var found []installation
	for _, dir := range candidateDirs() {
		if one, err := inspect(ctx, dir); err == nil {
			found = append(found, one)
		}
	}
	return found
}

func candidateDirs() []string {
	var dirs []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin", "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
	} {
		matches, err := filepath.Glob(pattern)
		if err == nil {
			dirs = append(dirs, matches...)
		}
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

var versionText = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// inspect asks the programs in a folder for their version; a folder without a server or without initdb is an error.
func inspect(ctx context.Context, dir string) (installation, error) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return installation{}, fmt.Errorf("%s holds no initdb: %w", dir, err)
	}
	output, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return installation{}, fmt.Errorf("ask %s for its version: %w", filepath.Join(dir, "postgres"), err)
	}
	match := versionText.FindSubmatch(output)
	if match == nil {
		return installation{}, errors.New("unreadable version of " + filepath.Join(dir, "postgres"))
	}
	major, err := strconv.Atoi(string(match[1]))
	return installation{bin: dir, major: major}, err
}
