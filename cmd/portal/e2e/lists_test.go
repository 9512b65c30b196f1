package e2e_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// lists are documents in each of which ARGS are the arguments of one connection, and PAGE what is asked of it. What its
// nodes are told apart by follows.
var lists = map[string]string{
	"entities":                     `{ entities(ARGS, filter: {namespace: "default"}) PAGE }|ref`,
	"an entity's relations":        `{ entity(ref: "component:default/checkout") { relations(ARGS) PAGE } }|type targetRef`,
	"what a component depends on":  `{ entity(ref: "component:default/checkout") { ... on Component { dependsOn(ARGS) PAGE } } }|ref`,
	"the APIs that it provides":    `{ entity(ref: "component:default/checkout") { ... on Component { providesApis(ARGS) PAGE } } }|ref`,
	"an API's operations":          `{ entity(ref: "api:default/checkout-api") { ... on API { operations(ARGS) PAGE } } }|path method`,
	"a group's members":            `{ entity(ref: "group:default/checkout-team") { ... on Group { members(ARGS) PAGE } } }|ref`,
	"a group's property":           `{ entity(ref: "group:default/checkout-team") { ... on Group { ownerOf(ARGS) PAGE } } }|ref`,
	"locations":                    `{ catalogLocations(ARGS) PAGE }|id`,
	"the entities of a location":   `{ entity(ref: "component:default/checkout") { location { entities(ARGS) PAGE } } }|ref`,
	"a site's pages":               `{ entity(ref: "component:default/checkout") { docs { pages(ARGS) PAGE } } }|path`,
	"what a search finds":          `{ searchDocs(ARGS, text: "refund") PAGE }|path entity{ref}`,
	"what entities cost":           `{ costReport { entities(ARGS) PAGE } }|entity{ref}`,
	"workloads":                    `{ workloads(ARGS) PAGE }|id`,
	"an entity's workloads":        `{ entity(ref: "component:default/checkout") { kubernetes { workloads(ARGS) PAGE } } }|id`,
	"a workload's pods":            `{ entity(ref: "component:default/checkout") { kubernetes { workloads(first: 1) { nodes { pods(ARGS) PAGE } } } } }|name`,
	"templates":                    `{ scaffolderTemplates(ARGS) PAGE }|ref`,
	"tasks":                        `{ scaffolderTasks(ARGS) PAGE }|id`,
	"versions of the policies":     `{ policies(ARGS) PAGE }|version`,
	"bindings":                     `{ policies(first: 1) { nodes { bindings(ARGS) PAGE } } }|member role`,
	"what the audit log remembers": `{ auditEvents(ARGS, filter: {kinds: [MUTATION]}) PAGE }|position`,
	"service accounts":             `{ serviceAccounts(ARGS) PAGE }|ref`,
}

// listPage is a page of whatever connection.
type listPage struct {
	TotalCount int
	PageInfo   struct {
		HasNextPage, HasPreviousPage bool
		StartCursor, EndCursor       *string
	}
	Nodes []any
	Edges []struct {
		Cursor string
		Node   any
	}
}

// testListsFromEitherEnd reads every connection of the graph whole, forward in pages of two, and backward in pages of two.
func testListsFromEitherEnd(t *testing.T, p place) {
	fillLists(t, p)
	for name, list := range lists {
		t.Run(name, func(t *testing.T) {
			document, node, _ := strings.Cut(list, "|")
			whole := readList(t, p, document, node, "first: 100")
			if len(whole.Nodes) < 2 || whole.TotalCount != len(whole.Nodes) || whole.PageInfo.HasNextPage || whole.PageInfo.HasPreviousPage {
				t.Fatalf("all: %+v", whole)
			}
			if backward := readList(t, p, document, node, "last: 100"); fmt.Sprint(backward.Nodes) != fmt.Sprint(whole.Nodes) {
				t.Errorf("all from the back: %v\nwant %v", backward.Nodes, whole.Nodes)
			}
			forward := readList(t, p, document, node, "first: 2")
			got := forward.Nodes
			for forward.PageInfo.HasNextPage && len(got) <= len(whole.Nodes) {
				forward = readList(t, p, document, node, fmt.Sprintf("first: 2, after: %q", *forward.PageInfo.EndCursor))
				got = append(got, forward.Nodes...)
			}
			if fmt.Sprint(got) != fmt.Sprint(whole.Nodes) {
				t.Errorf("forward: %v\nwant %v", got, whole.Nodes)
			}
			back := readList(t, p, document, node, "last: 2")
			got = back.Nodes
			for back.PageInfo.HasPreviousPage && len(got) <= len(whole.Nodes) {
				back = readList(t, p, document, node, fmt.Sprintf("last: 2, before: %q", *back.PageInfo.StartCursor))
				got = slices.Concat(back.Nodes, got)
			}
			if fmt.Sprint(got) != fmt.Sprint(whole.Nodes) {
				t.Errorf("backward: %v\nwant %v", got, whole.Nodes)
			}
			first, last := whole.Edges[0].Cursor, whole.Edges[len(whole.Edges)-1].Cursor
			if between := readList(t, p, document, node, fmt.Sprintf("first: 100, after: %q, before: %q", first, last)); fmt.Sprint(between.Nodes) != fmt.Sprint(whole.Nodes[1:len(whole.Nodes)-1]) {
				t.Errorf("between the first and the last: %v", between.Nodes)
			}
			both := strings.NewReplacer("ARGS", "first: 1, last: 1", "PAGE", "{ totalCount }").Replace(document)
			if refused := p.ask(t, both, nil); len(refused.Errors) != 1 || refused.Errors[0].Extensions["code"] != "INVALID_PAGE" {
				t.Errorf("first with last: %+v", refused)
			}
		})
	}
}

// readList reads one page, and fails where its edges are not its nodes.
func readList(t *testing.T, p place, document, node, args string) listPage {
	t.Helper()
	selection := "{ totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { " + node + " } edges { cursor node { " + node + " } } }"
	var data any
	p.data(t, strings.NewReplacer("ARGS", args, "PAGE", selection).Replace(document), nil, &data)
	for {
		switch value := data.(type) {
		case []any:
			data = value[0]
			continue
		case map[string]any:
			if _, found := value["pageInfo"]; !found {
				for _, data = range value { // the only one
				}
				continue
			}
		default:
			t.Fatalf("no page in %v", value)
		}
		break
	}
	text, _ := json.Marshal(data)
	var page listPage
	if err := json.Unmarshal(text, &page); err != nil {
		t.Fatal(err)
	}
	nodes := make([]any, len(page.Edges))
	for i, edge := range page.Edges {
		nodes[i] = edge.Node
	}
	if fmt.Sprint(nodes) != fmt.Sprint(page.Nodes) {
		t.Errorf("edges %v, nodes %v", nodes, page.Nodes)
	}
	if len(page.Edges) > 0 && (page.Edges[0].Cursor != *page.PageInfo.StartCursor || page.Edges[len(page.Edges)-1].Cursor != *page.PageInfo.EndCursor) {
		t.Errorf("edges %+v, page %+v", page.Edges, page.PageInfo)
	}
	return page
}

// fillLists makes what the examples have fewer of than two.
func fillLists(t *testing.T, p place) {
	t.Helper()
	for _, name := range []string{"first", "second", "third"} {
		registerComponent(t, p, "lists-of-"+name, "")
		var current struct {
			Policies struct{ Nodes []struct{ Version int } }
		}
		p.data(t, `{ policies(first: 1) { nodes { version } } }`, nil, &current)
		var made struct {
			CreateServiceAccount struct{ UserErrors []any }
			StartTask            struct{ UserErrors []any }
			UpdatePolicy         struct{ UserErrors []any }
		}
		p.data(t, `mutation($account: CreateServiceAccountInput!, $task: StartTaskInput!, $policy: UpdatePolicyInput!) {
			createServiceAccount(input: $account) { userErrors { message } }
			startTask(input: $task) { userErrors { message } }
			updatePolicy(input: $policy) { userErrors { message } } }`, map[string]any{
			"account": map[string]any{"name": "lists-" + name, "description": "for lists", "roles": []string{"viewer"}},
			"task": map[string]any{"template": "template:default/node-service", "dryRun": true, "parameters": map[string]any{
				"name": "lists-" + name, "owner": "group:default/checkout-team", "docs": false,
			}},
			"policy": map[string]any{
				"version": current.Policies.Nodes[0].Version, "reason": "for lists",
				"bind": []any{map[string]any{"member": "user:default/lists-" + name, "role": "viewer"}},
			},
		}, &made)
		if all := slices.Concat(made.CreateServiceAccount.UserErrors, made.StartTask.UserErrors, made.UpdatePolicy.UserErrors); len(all) > 0 {
			t.Fatal(all...)
		}
	}
}
