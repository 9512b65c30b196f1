package authz

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// Document is policies as people write them. Bindings are apart from the rules, so that each can change alone.
type Document struct {
	// Rules are p lines, and g lines of roles that inherit from roles, in the CSV of Backstage's role-based access plugin.
	Rules string
	// Conditions are conditional policies in YAML, one a document of it.
	Conditions string
	// Bindings give roles to users and groups, sorted, each once.
	Bindings []Binding
}

// Compile reads the document. An error is about what is written in it, and names the line or document.
func (d Document) Compile() (*Policies, error) {
	policies := newPolicies()
	if err := policies.readCSV("rules", strings.NewReader(d.Rules)); err != nil {
		return nil, err
	}
	if err := policies.readYAML("conditions", strings.NewReader(d.Conditions)); err != nil {
		return nil, err
	}
	if err := policies.checkInheritance(); err != nil {
		return nil, err
	}
	return policies.Bind(d.Bindings...)
}

// Normalised takes the bindings among the rules (g lines of users and groups) to the other bindings, brings refs into
// their form, and sorts.
func (d Document) Normalised() (Document, error) {
	var kept strings.Builder
	all := slices.Clone(d.Bindings)
	for line := range strings.Lines(d.Rules) {
		member, role, ok := bindingLine(line)
		if ok {
			all = append(all, Binding{Member: member, Role: role})
			continue
		}
		kept.WriteString(line)
	}
	seen := map[Binding]bool{}
	for _, b := range all {
		member, err := memberRef(b.Member)
		if err != nil {
			return Document{}, err
		}
		role, err := roleRef(b.Role)
		if err != nil {
			return Document{}, err
		}
		seen[Binding{member, role}] = true
	}
	bindings := slices.SortedFunc(maps.Keys(seen), func(a, b Binding) int {
		return strings.Compare(a.Member+"\n"+a.Role, b.Member+"\n"+b.Role)
	})
	return Document{Rules: kept.String(), Conditions: d.Conditions, Bindings: bindings}, nil
}

// bindingLine reads a g line that gives a role to a user or a group.
func bindingLine(line string) (member, role string, ok bool) {
	fields := trimmed(strings.Split(line, ","))
	if len(fields) != 3 || fields[0] != "g" || strings.HasPrefix(strings.ToLower(fields[1]), "role:") {
		return "", "", false
	}
	return fields[1], fields[2], true
}

// builtInRules and builtInConditions are what counts where nobody says anything else.
const (
	builtInRules = `# An admin does everything.
p, role:default/admin, *, *, allow

# A viewer reads.
p, role:default/viewer, catalog.entity.read, *, allow
p, role:default/viewer, catalog.location.read, *, allow
p, role:default/viewer, docs.read, *, allow
p, role:default/viewer, cost.read, *, allow
p, role:default/viewer, kubernetes.resources.read, *, allow
p, role:default/viewer, kubernetes.clusters.read, *, allow
p, role:default/viewer, scaffolder.template.parameter.read, *, allow
p, role:default/viewer, scaffolder.template.step.read, *, allow

# A developer also registers, builds and starts tasks.
p, role:default/developer, catalog.entity.create, *, allow
p, role:default/developer, catalog.entity.refresh, *, allow
p, role:default/developer, catalog.entity.validate, *, allow
p, role:default/developer, catalog.location.create, *, allow
p, role:default/developer, catalog.location.analyze, *, allow
p, role:default/developer, scaffolder.action.execute, *, allow
p, role:default/developer, scaffolder.task.create, *, allow
p, role:default/developer, docs.build, *, allow
g, role:default/developer, role:default/viewer
`
	builtInConditions = `# A developer deletes what their own teams own, and sees and cancels their own tasks.
result: CONDITIONAL
roleEntityRef: role:default/developer
resourceType: catalog-entity
permissionMapping: [delete]
conditions:
  rule: IS_ENTITY_OWNER
  params: {claims: [$ownerRefs]}
---
result: CONDITIONAL
roleEntityRef: role:default/developer
resourceType: scaffolder-task
permissionMapping: [read, use]
conditions:
  rule: IS_TASK_OWNER
  params: {createdBy: [$currentUser]}
`
)

// BuiltInDocument is [BuiltIn] as people write it.
func BuiltInDocument() Document {
	return Document{Rules: builtInRules, Conditions: builtInConditions}
}

// ReadDocument reads the files that the settings name, normalised; without any file it is the built-in one. It compiles,
// or an error names the file and the line or document.
func ReadDocument(s Settings) (Document, error) {
	if _, err := Load(s); err != nil {
		return Document{}, err
	}
	d := BuiltInDocument()
	if len(s.Policies)+len(s.Conditions) > 0 {
		d = Document{}
	}
	d.Bindings = s.Bindings
	rules, err := readAll(s.Policies, "\n")
	if err != nil {
		return Document{}, err
	}
	conditions, err := readAll(s.Conditions, "\n---\n")
	if err != nil {
		return Document{}, err
	}
	d.Rules, d.Conditions = d.Rules+rules, d.Conditions+conditions
	if strings.ContainsRune(d.Rules+d.Conditions, 0) {
		return Document{}, errors.New("read policies: a policy file holds a NUL character")
	}
	return d.Normalised()
}

func readAll(paths []string, between string) (string, error) {
	texts := make([]string, len(paths))
	for i, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("read policies: %w", err)
		}
		texts[i] = string(text)
	}
	return strings.Join(texts, between), nil
}
