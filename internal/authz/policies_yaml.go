package authz

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"gopkg.in/yaml.v3"
)

// conditionalPolicy is one document of a conditional policy file of Backstage's role-based access plugin.
type conditionalPolicy struct {
	ID                any      `yaml:"id"`
	Result            string   `yaml:"result"`
	RoleEntityRef     string   `yaml:"roleEntityRef"`
	PluginID          string   `yaml:"pluginId"`
	ResourceType      string   `yaml:"resourceType"`
	PermissionMapping []string `yaml:"permissionMapping"`
	// Permissions names permissions directly, which Backstage's form cannot: those without a resource type.
	Permissions []string      `yaml:"permissions"`
	Conditions  conditionNode `yaml:"conditions"`
}

// conditionNode is one of: all of, any of, not, a rule.
type conditionNode struct {
	AllOf        []conditionNode      `yaml:"allOf"`
	AnyOf        []conditionNode      `yaml:"anyOf"`
	Not          *conditionNode       `yaml:"not"`
	Rule         string               `yaml:"rule"`
	ResourceType string               `yaml:"resourceType"`
	Params       map[string]yaml.Node `yaml:"params"`
}

// maxConditionDepth bounds how deep conditions nest.
const maxConditionDepth = 32

// readYAML reads conditional policies, one a document. A policy for a resource type that the portal does not know
// decides nothing; an unknown rule or parameter for a known one is an error, for it would decide wrongly.
func (p *Policies) readYAML(name string, from io.Reader) error {
	documents := yaml.NewDecoder(from)
	documents.KnownFields(true)
	for i := 1; ; i++ {
		var policy *conditionalPolicy
		err := documents.Decode(&policy)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && policy != nil {
			err = p.addConditional(*policy)
		}
		if err != nil {
			return fmt.Errorf("conditional policy file %s, document %d: %w", name, i, err)
		}
	}
}

func (p *Policies) addConditional(policy conditionalPolicy) error {
	if policy.Result != "CONDITIONAL" {
		return fmt.Errorf("the result is CONDITIONAL, not %q", policy.Result)
	}
	role, err := roleRef(policy.RoleEntityRef)
	if err != nil {
		return err
	}
	targets, err := policy.targets()
	if err != nil || len(targets) == 0 {
		return err
	}
	for _, target := range targets {
		condition, err := parseCondition(policy.Conditions, catalogue()[target].resource, 0)
		if err != nil {
			return err
		}
		p.addCondition(role, target, condition)
	}
	return nil
}

func permissionsOf(resource string, actions []string) []int {
	var places []int
	for i, l := range catalogue() {
		if l.resource != "" && l.resource == resource && slices.Contains(actions, l.action) {
			places = append(places, i)
		}
	}
	return places
}

func parseCondition(n conditionNode, resource string, depth int) (Condition, error) {
	if depth > maxConditionDepth {
		return Condition{}, fmt.Errorf("conditions nest at most %d deep", maxConditionDepth)
	}
	if err := n.checkShape(); err != nil {
		return Condition{}, err
	}
	switch {
	case n.Rule != "":
		return parseRule(n, resource)
	case n.Not != nil:
		inner, err := parseCondition(*n.Not, resource, depth+1)
		return Not(inner), err
	case n.AllOf != nil:
		inner, err := parseConditions(n.AllOf, resource, depth)
		return All(inner...), err
	default:
		inner, err := parseConditions(n.AnyOf, resource, depth)
		return Any(inner...), err
	}
}

func parseConditions(nodes []conditionNode, resource string, depth int) ([]Condition, error) {
	if len(nodes) == 0 {
		return nil, errors.New("allOf and anyOf name at least one condition")
	}
	conditions := make([]Condition, len(nodes))
	for i, n := range nodes {
		var err error
		if conditions[i], err = parseCondition(n, resource, depth+1); err != nil {
			return nil, err
		}
	}
	return conditions, nil
}

// checkShape holds a node to exactly one of its four forms.
func (n conditionNode) checkShape() error {
	forms := 0
	for _, present := range []bool{n.AllOf != nil, n.AnyOf != nil, n.Not != nil, n.Rule != ""} {
		if present {
			forms++
		}
	}
	if forms != 1 {
		return errors.New("a condition is exactly one of allOf, anyOf, not and rule")
	}
	return nil
}
