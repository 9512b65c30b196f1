package plan

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Text is a plan for people: its fetches in order, what each waits for, sends and asks.
func Text(p *Plan) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n", p.Kind)
	for _, fetch := range p.Fetches {
		writeFetch(&out, fetch)
	}
	for i, d := range p.Deferred {
		fmt.Fprintf(&out, "deferred %d %q at %s: fetches %v\n", i+1, d.Label, strings.Join(d.Path, "."), d.Fetches)
	}
	for _, field := range p.Introspection {
		fmt.Fprintf(&out, "introspection %s\n", field.Field.ResponseKey)
	}
	return out.String()
}

func writeFetch(out *strings.Builder, fetch *Fetch) {
	fmt.Fprintf(out, "  %d %s", fetch.ID, fetch.Subgraph)
	if len(fetch.DependsOn) > 0 {
		fmt.Fprintf(out, " after %s", strings.Trim(fmt.Sprint(fetch.DependsOn), "[]"))
	}
	if fetch.Deferred > 0 {
		fmt.Fprintf(out, " deferred %d", fetch.Deferred)
	}
	fmt.Fprintf(out, "\n    %s\n", fetch.Document)
	if len(fetch.Path) > 0 {
		fmt.Fprintf(out, "    into %s\n", pathText(fetch.Path))
	}
	for _, entities := range fetch.Entities {
		for _, context := range entities.Contexts {
			fmt.Fprintf(out, "    $%s: %s\n", context.Name, contextText(entities.Targets[0].Path, context))
		}
		for _, target := range entities.Targets {
			fmt.Fprintf(out, "    $%s: %s\n", entities.Variable, pathText(target.Path))
			for _, representation := range target.Representations {
				fmt.Fprintf(out, "      %s\n", representationText(representation))
			}
		}
	}
}

func contextText(path Path, context ContextVariable) string {
	parts := make([]string, len(context.From))
	for i, source := range context.From {
		parts[i] = pathText(path[:source.Depth]) + typesText(source.Types) + " " + membersText(source.Members)
	}
	return strings.TrimSpace(strings.Join(parts, " or "))
}

func pathText(path Path) string {
	parts := make([]string, len(path))
	for i, element := range path {
		parts[i] = element.Key + typesText(element.Types)
	}
	return strings.Join(parts, ".")
}

func typesText(types []string) string {
	if types == nil {
		return ""
	}
	return "[" + strings.Join(types, "|") + "]"
}

func representationText(r Representation) string {
	name := r.Typename
	if name == "" {
		name = "*"
	}
	if text := typesText(r.Types); text != "" && text != "["+name+"]" {
		name = text + " as " + name
	} else if text != "" {
		name = text
	}
	return name + " " + membersText(r.Members)
}

func membersText(members []Member) string {
	parts := make([]string, len(members))
	for i, member := range members {
		parts[i] = memberText(member)
	}
	return "{" + strings.Join(parts, " ") + "}"
}

func memberText(member Member) string {
	text := member.Name
	if member.StoreKey != member.Name {
		text += "=" + member.StoreKey
	}
	if member.Nullable {
		text += "?"
	}
	text += typesText(member.Types)
	if len(member.Members) > 0 {
		text += membersText(member.Members)
	}
	return text
}

// JSON is a plan for programs: every field of Plan but the shapes of the response.
func JSON(p *Plan) ([]byte, error) {
	type introspection struct{ ResponseKey, Name string }
	view := struct {
		Kind          OperationKind
		Fetches       []*Fetch
		Deferred      []deferredView  `json:",omitempty"`
		Introspection []introspection `json:",omitempty"`
	}{Kind: p.Kind, Fetches: p.Fetches}
	for _, d := range p.Deferred {
		view.Deferred = append(view.Deferred, deferredView{d.Label, d.Parent, d.Path, d.Fetches})
	}
	for _, field := range p.Introspection {
		view.Introspection = append(view.Introspection, introspection{field.Field.ResponseKey, field.Field.Name})
	}
	out, err := json.MarshalIndent(view, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write plan as JSON: %w", err)
	}
	return out, nil
}

type deferredView struct {
	Label   string
	Parent  int
	Path    []string
	Fetches []int
}
