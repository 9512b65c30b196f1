package e2e_test

import (
	"os"
	"path/filepath"
	"testing"
)

type startedTask struct {
	StartTask struct {
		Task *struct {
			ID, Status string
			Steps      []struct{ ID, Name, Status string }
		}
		UserErrors []struct {
			Code, Message string
			Path          []string
		}
	}
}

type taskEvent struct {
	TaskEvents struct {
		Cursor, Time, Level, Message string
		StepID                       *string `json:"stepId"`
		Status                       *string
	}
}

// nodeService fills in the example template of a service.
func nodeService(name string) map[string]any {
	return map[string]any{"template": "template:default/node-service", "parameters": map[string]any{
		"name": name, "owner": "group:default/checkout-team",
	}}
}

// startTask runs a template.
func startTask(t *testing.T, c client, input map[string]any) startedTask {
	t.Helper()
	var started startedTask
	c.data(t, start, map[string]any{"input": input}, &started)
	return started
}

func testTemplate(t *testing.T, p place) {
	refused := startTask(t, p.client, map[string]any{"template": "template:default/node-service", "parameters": map[string]any{"name": "Not A Name"}})
	if refused.StartTask.Task != nil || len(refused.StartTask.UserErrors) == 0 || len(refused.StartTask.UserErrors[0].Path) < 2 {
		t.Errorf("parameters that do not fit: %+v", refused)
	}

	var cursor struct{ CatalogCursor string }
	p.data(t, `{ catalogCursor }`, nil, &cursor)
	changes := p.subscribe(t, catalog, map[string]any{"after": cursor.CatalogCursor})
	started := startTask(t, p.client, nodeService("gift-cards"))
	if started.StartTask.Task == nil || len(started.StartTask.Task.Steps) != 6 {
		t.Fatalf("started %+v", started)
	}

	live := p.subscribe(t, task, map[string]any{"id": started.StartTask.Task.ID})
	var events []taskEvent
	for {
		var event taskEvent
		if !live.next(&event) {
			break
		}
		events = append(events, event)
	}
	last := events[len(events)-1].TaskEvents
	if last.Status == nil || *last.Status != "COMPLETED" || last.StepID != nil {
		t.Fatalf("the last event of the task is %+v", last)
	}

	t.Log("the task's events resume from a cursor")
	resumed := p.subscribe(t, task, map[string]any{"id": started.StartTask.Task.ID, "after": events[2].TaskEvents.Cursor})
	var event taskEvent
	if !resumed.next(&event) || event.TaskEvents.Cursor != events[3].TaskEvents.Cursor {
		t.Errorf("after the third event comes %+v, want %+v", event, events[3])
	}

	t.Log("the component appears in the catalog, live, and knows where it came from")
	var change catalogEvent
	for change.CatalogChanges.Ref != "component:default/gift-cards" {
		changes.next(&change)
	}
	var made struct {
		Entity struct {
			Scaffolding struct {
				Template struct{ Ref string }
				Task     struct{ ID, Status string }
			}
		}
	}
	p.data(t, overview, map[string]any{"ref": "component:default/gift-cards"}, &made)
	if s := made.Entity.Scaffolding; s.Template.Ref != "template:default/node-service" || s.Task.ID != started.StartTask.Task.ID || s.Task.Status != "COMPLETED" {
		t.Errorf("it was made by %+v", s)
	}
	if _, err := os.Stat(filepath.Join(p.folder, "repositories", "gift-cards.git", ".git")); err != nil {
		t.Errorf("there is no repository: %v", err)
	}
}
