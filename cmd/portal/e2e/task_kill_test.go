package e2e_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestATaskOutlivesItsProcess kills the portal with SIGKILL in every step of a task, each of another task, and starts it
// again on the same data: the task ends well, its effects happened once, and its secret is nowhere.
func TestATaskOutlivesItsProcess(t *testing.T) {
	t.Parallel()
	const secret = "canary-of-the-partner-7d1f"
	data := t.TempDir()
	running := serve(t, data)
	for _, step := range []string{"fetch", "limits", "vat", "key", "wait", "write", "publish", "register"} {
		partner := "kill-" + step
		started := startTask(t, client{listen: running.listen}, map[string]any{
			"template": "template:default/partner-integration", "secrets": map[string]any{"PARTNER_KEY": secret},
			"parameters": map[string]any{
				"partner": partner, "region": "eu", "vatNumber": "EU1", "repoUrl": "github.com?owner=harbour-pine&repo=partner",
			},
		})
		if started.StartTask.Task == nil {
			t.Fatalf("the task for %s does not start: %+v", step, started.StartTask.UserErrors)
		}
		id := started.StartTask.Task.ID
		awaitStep(t, client{listen: running.listen}, id, step)
		running.kill()
		printed := running.output.String()

		running = serve(t, data)
		messages := awaitCompletion(t, client{listen: running.listen}, id, step)
		if strings.Contains(messages+printed, secret) {
			t.Errorf("killed in %s: the secret is in what was printed or told", step)
		}
		repository := filepath.Join(data, "repositories", "partner-"+partner+".git")
		commits, err := exec.Command("git", "-c", "safe.directory=*", "-C", repository, "rev-list", "--count", "HEAD").Output()
		if got := strings.TrimSpace(string(commits)); err != nil || got != "1" {
			t.Errorf("killed in %s: the repository has %q commits, want 1 (%v)", step, got, err)
		}
		var found struct{ Entity *struct{ Ref string } }
		client{listen: running.listen}.data(t, `query($ref: EntityRef!) { entity(ref: $ref) { ref } }`, map[string]any{"ref": "component:default/partner-" + partner}, &found)
		if found.Entity == nil {
			t.Errorf("killed in %s: the component is not in the catalog", step)
		}
	}
}

// awaitStep waits until a step of the task has begun, or something after it has.
func awaitStep(t *testing.T, c client, id, step string) {
	t.Helper()
	live := c.subscribe(t, task, map[string]any{"id": id})
	for {
		var event taskEvent
		if !live.next(&event) {
			return // the task was faster than the subscription: killing the portal after its end must do no harm either
		}
		if event.TaskEvents.StepID != nil && *event.TaskEvents.StepID == step {
			return
		}
	}
}

// awaitCompletion follows a task from its first event to its last, which must say that it is completed, and gives all that
// it told.
func awaitCompletion(t *testing.T, c client, id, step string) string {
	t.Helper()
	live := c.subscribe(t, task, map[string]any{"id": id})
	var all strings.Builder
	status := ""
	seen := map[string]bool{}
	for {
		var event taskEvent
		if !live.next(&event) {
			break
		}
		if seen[event.TaskEvents.Cursor] {
			t.Errorf("killed in %s: the event at %s comes twice", step, event.TaskEvents.Cursor)
		}
		seen[event.TaskEvents.Cursor] = true
		all.WriteString(event.TaskEvents.Message + "\n")
		if event.TaskEvents.StepID == nil && event.TaskEvents.Status != nil {
			status = *event.TaskEvents.Status
		}
	}
	if status != "COMPLETED" {
		t.Errorf("killed in %s: the task ends as %q:\n%s", step, status, &all)
	}
	return all.String()
}
