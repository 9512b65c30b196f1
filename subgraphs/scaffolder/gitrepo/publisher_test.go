package gitrepo_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/scaffolder/gitrepo"
	"devportal.internal/subgraphs/scaffolder/workspace"
)

func files(t *testing.T, content map[string]string) *workspace.Workspace {
	t.Helper()
	state, _, err := workspace.NewStore(t.TempDir()).Next("task", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = state.Close() })
	for name, text := range content {
		if err := state.Write(name, []byte(text), false); err != nil {
			t.Fatal(err)
		}
	}
	return state
}

func commit(state *workspace.Workspace, task string) gitrepo.Commit {
	return gitrepo.Commit{
		Files: state, Branch: "main", Message: "Start it", Author: "user:default/ann", Email: "ann@portal.invalid",
		Time: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Task: task,
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	publisher, err := gitrepo.NewPublisher([]string{root, "https://git.example.com/teams/"})
	if err != nil {
		t.Fatal(err)
	}
	for given, contents := range map[string]string{
		"shop.git": filepath.Join(root, "shop.git"), "team/shop": filepath.Join(root, "team/shop"), filepath.Join(root, "a"): filepath.Join(root, "a"),
		"https://git.example.com/teams/shop.git": "https://git.example.com/teams/shop",
	} {
		if place, err := publisher.Place(given); err != nil || place.ContentsURL() != contents {
			t.Errorf("%s is %s, %v; want %s", given, place.ContentsURL(), err, contents)
		}
	}
	for _, given := range []string{
		"", ".", "..", "../a", "a/../../b", "/etc/a", ".git", "a/.git", ".unpublished/x", root, root + "-beside/a", "a\x00b", `a\b`,
		"https://git.example.com/teams/", "https://git.example.com/teamsters/a", "https://git.example.com/teams/../a", "https://git.example.com/teams/%2e%2e/a",
		"http://git.example.com/teams/a", "https://git.example.com:444/teams/a", "https://user@git.example.com/teams/a", "https://evil.example.com/teams/a",
		"https://git.example.com/teams/a?b", "file:///etc/a", "ext::sh -c id", "ssh://git.example.com/teams/a",
	} {
		if place, err := publisher.Place(given); fault.Code(err) != gitrepo.CodeRepositoryNotAllowed {
			// "ext::…" has no "://" and is a name; it must stay below the root.
			if rel, relErr := filepath.Rel(root, place.ContentsURL()); relErr != nil || !filepath.IsLocal(rel) || rel == "." {
				t.Errorf("%q is %s, %v", given, place.ContentsURL(), err)
			}
		}
	}
}

func TestPublishingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	publisher, err := gitrepo.NewPublisher([]string{root})
	if err != nil {
		t.Fatal(err)
	}
	place, err := publisher.Place("shop.git")
	if err != nil {
		t.Fatal(err)
	}
	state := files(t, map[string]string{"a.txt": "a", "b/c.txt": "c"})
	first, err := publisher.Publish(t.Context(), place, commit(state, "t1/publish/0"))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := publisher.Publish(t.Context(), place, commit(state, "t1/publish/0")); err != nil || again != first {
		t.Errorf("again gives %s, %v; want %s", again, err, first)
	}
	if _, err := publisher.Publish(t.Context(), place, commit(state, "t2/publish/0")); fault.Code(err) != gitrepo.CodeRepositoryExists {
		t.Errorf("another task gives %v, want %s", err, gitrepo.CodeRepositoryExists)
	}
	repository, err := git.PlainOpen(place.ContentsURL())
	if err != nil {
		t.Fatal(err)
	}
	tree, err := repository.Worktree()
	if err != nil {
		t.Fatal(err)
	}
	if status, err := tree.Status(); err != nil || !status.IsClean() {
		t.Errorf("the working tree is %v, %v", status, err)
	}
}

func TestALinkInTheRootLeadsNowhere(t *testing.T) {
	t.Parallel()
	root, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(root, "team")); err != nil {
		t.Fatal(err)
	}
	publisher, err := gitrepo.NewPublisher([]string{root})
	if err != nil {
		t.Fatal(err)
	}
	place, err := publisher.Place("team/shop.git")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := publisher.Publish(t.Context(), place, commit(files(t, nil), "t/p/0")); err == nil {
		t.Error("a repository was made through a link")
	}
	if entries, _ := os.ReadDir(outside); len(entries) > 0 {
		t.Errorf("outside lies %v", entries)
	}
}

func TestPushingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git-receive-pack"); err != nil {
		t.Skip("git is not installed: pushing to a file URL runs git-receive-pack")
	}
	root := t.TempDir()
	if _, err := git.PlainInit(filepath.Join(root, "shop.git"), true); err != nil {
		t.Fatal(err)
	}
	publisher, err := gitrepo.NewPublisher([]string{"file://" + root})
	if err != nil {
		t.Fatal(err)
	}
	place, err := publisher.Place("file://" + root + "/shop.git")
	if err != nil {
		t.Fatal(err)
	}
	state := files(t, map[string]string{"a.txt": "a"})
	first, err := publisher.Publish(t.Context(), place, commit(state, "t1/publish/0"))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := publisher.Publish(t.Context(), place, commit(state, "t1/publish/0")); err != nil || again != first {
		t.Errorf("again gives %s, %v; want %s", again, err, first)
	}
	if _, err := publisher.Publish(t.Context(), place, commit(state, "t2/publish/0")); fault.Code(err) != gitrepo.CodeRepositoryExists {
		t.Errorf("another task gives %v, want %s", err, gitrepo.CodeRepositoryExists)
	}
}
