package supergraph

import (
	"fmt"
	"strings"
)

const contextIdentity = "https://specs.apollo.dev/context"

// readContexts reads what arguments take from contexts (context specification, version 0.1): an object sets a context
// where its type, an interface or a union of it carries @context.
func (l *loader) readContexts() error {
	setters := l.contextSetters()
	for _, subgraph := range l.schema.Subgraphs {
		for _, name := range l.sortedDefinitions() {
			t := subgraph.Types[name]
			if t == nil {
				continue
			}
			for _, field := range t.Fields {
				for i := range field.Contexts {
					if err := l.readContext(&field.Contexts[i], setters); err != nil {
						return fmt.Errorf("field %s.%s: %w", name, field.Name, err)
					}
				}
			}
		}
	}
	return nil
}

// contextSetters are the runtime types that set each context.
func (l *loader) contextSetters() map[string]TypeSet {
	directive := "context"
	if feature, ok := l.schema.Features[contextIdentity]; ok {
		directive = feature.Name
		if as := feature.Imports["@context"]; as != "" {
			directive = strings.TrimPrefix(as, "@")
		}
	}
	setters := map[string]TypeSet{}
	for _, name := range l.sortedDefinitions() {
		for _, applied := range l.schema.Definitions[name].Directives.ForNames(directive) {
			context := argument(applied, "name")
			setters[context] = setters[context].Or(l.schema.possible[name])
		}
	}
	return setters
}

func (l *loader) readContext(c *ContextArgument, setters map[string]TypeSet) error {
	text := strings.TrimSpace(c.Selection)
	if strings.HasPrefix(text, "{") {
		text = strings.TrimSuffix(strings.TrimPrefix(text, "{"), "}")
	}
	c.Sets = map[int]FieldSet{}
	for object := range setters[c.Context].All() {
		set, err := l.schema.parseFieldSet(l.schema.Objects[object], text)
		if err != nil {
			return err
		}
		for _, field := range set {
			if field.Types == nil || field.Types.Has(object) {
				chosen := *field
				chosen.Types = nil
				c.Sets[object] = FieldSet{&chosen}
				break
			}
		}
	}
	return nil
}
