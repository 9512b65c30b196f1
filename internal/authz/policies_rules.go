package authz

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// parseRule makes the condition that a rule with its parameters stands for.
func parseRule(n conditionNode, resource string) (Condition, error) {
	if n.ResourceType != "" && n.ResourceType != resource {
		return Condition{}, fmt.Errorf("the rule %s is for %s, its policy for %s", n.Rule, n.ResourceType, resource)
	}
	if asksAboutRows := !asksCaller(n.Rule); asksAboutRows && !hasRows(resource) {
		return Condition{}, fmt.Errorf("a permission on %q has no rows: only rules about the caller apply, not %q", resource, n.Rule)
	} else if asksAboutRows && (resource == scaffolderTask) != (n.Rule == "IS_TASK_OWNER") {
		return Condition{}, fmt.Errorf("the rule %q does not apply to %s", n.Rule, resource)
	}
	params := ruleParams{rule: n.Rule, nodes: n.Params}
	condition := params.condition()
	params.refuseOthers()
	return condition, params.err
}

// ruleParams reads the parameters of a rule, remembers which were asked for, and keeps the first error.
type ruleParams struct {
	rule  string
	nodes map[string]yaml.Node
	asked []string
	err   error
}

func (p *ruleParams) condition() Condition {
	switch p.rule {
	case "IS_ENTITY_OWNER":
		return IsEntityOwner(p.list("claims")...)
	case "IS_ENTITY_KIND":
		return IsEntityKind(p.list("kinds")...)
	case "HAS_ANNOTATION":
		return HasAnnotation(p.text("annotation"), p.optional("value"))
	case "HAS_LABEL":
		return HasLabel(p.text("label"), p.optional("value"))
	case "HAS_METADATA":
		return p.metadata()
	case "HAS_SPEC":
		return HasSpec(strings.Split(p.text("key"), "."), p.optional("value"))
	case "IS_IN_NAMESPACE":
		return InNamespace(p.list("namespaces")...)
	case "HAS_TAG":
		return HasTag(p.list("tags")...)
	case "HAS_LIFECYCLE":
		return HasLifecycle(p.list("lifecycles")...)
	case "HAS_TYPE":
		return HasType(p.list("types")...)
	case "USER_HAS_ATTRIBUTE":
		return p.attribute()
	case "IS_FROM_NETWORK":
		return p.networks()
	case "IS_TIME_OF_DAY":
		return p.timeOfDay()
	case "IS_TASK_OWNER":
		return IsTaskOwner(p.list("createdBy")...)
	default:
		p.fail("there is no rule %q", p.rule)
		return Condition{}
	}
}

func (p *ruleParams) metadata() Condition {
	key := p.text("key")
	condition, ok := HasMetadata(key, p.optional("value"))
	if !ok {
		p.fail("HAS_METADATA reads uid, name, namespace, title, tags, labels.<key> and annotations.<key>, not %q", key)
	}
	return condition
}

// text reads a parameter that must be there.
func (p *ruleParams) text(name string) string {
	value := p.optional(name)
	if value == nil || *value == "" {
		p.fail("the rule %s needs the parameter %s", p.rule, name)
		return ""
	}
	return *value
}

// optional reads a parameter that may be missing.
func (p *ruleParams) optional(name string) *string {
	node, ok := p.node(name)
	if !ok {
		return nil
	}
	if node.Kind != yaml.ScalarNode || strings.Contains(node.Value, "\x00") {
		p.fail("the parameter %s of %s is a text", name, p.rule)
		return nil
	}
	return &node.Value
}

// list reads a parameter that is a list of texts, or one text.
func (p *ruleParams) list(name string) []string {
	node, ok := p.node(name)
	if !ok {
		p.fail("the rule %s needs the parameter %s", p.rule, name)
		return nil
	}
	items := node.Content
	if node.Kind == yaml.ScalarNode {
		items = []*yaml.Node{&node}
	} else if node.Kind != yaml.SequenceNode {
		items = nil
	}
	values := make([]string, 0, len(items))
	for _, item := range items {
		if item.Kind != yaml.ScalarNode || strings.Contains(item.Value, "\x00") {
			p.fail("the parameter %s of %s is a list of texts", name, p.rule)
			return nil
		}
		values = append(values, item.Value)
	}
	if len(values) == 0 {
		p.fail("the parameter %s of %s names nothing", name, p.rule)
	}
	return values
}

func (p *ruleParams) node(name string) (yaml.Node, bool) {
	p.asked = append(p.asked, name)
	node, ok := p.nodes[name]
	return node, ok && node.Tag != "!!null"
}

// refuseOthers refuses parameters that the rule does not have: a misspelt one would widen what it allows.
func (p *ruleParams) refuseOthers() {
	for _, name := range slices.Sorted(maps.Keys(p.nodes)) {
		if !slices.Contains(p.asked, name) {
			p.fail("the rule %s has no parameter %s", p.rule, name)
		}
	}
}

func (p *ruleParams) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}
