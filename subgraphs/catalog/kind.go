package catalog

import (
	"slices"
	"strings"
)

// kindRule is what a kind of entity asks of its spec, and which relations its fields are.
type kindRule struct {
	kind string
	// apiVersions are those that the kind is read from.
	apiVersions []string
	// required are fields that must be strings with something in them; optional ones must be so if they are there.
	required, optional []string
	// requiredLists are fields that must be lists of strings.
	requiredLists, optionalLists []string
	relations                    []fieldRelation
	// check is what else the kind asks.
	check func(spec map[string]any) error
}

// fieldRelation says that a field holds refs of entities that this one is so related to.
type fieldRelation struct {
	field, relation string
	// kind is what a ref without a kind means; "" when it must name one.
	kind string
}

const (
	kindComponent = "Component"
	kindAPI       = "API"
	kindGroup     = "Group"
	kindUser      = "User"
	kindSystem    = "System"
	kindDomain    = "Domain"
	// KindLocation is the kind that leads to further locations.
	KindLocation = "Location"
)

// kinds are the kinds that the catalog knows. Whatever else has a valid envelope is kept as it is.
func kinds() []kindRule { return append(softwareKinds(), organisationKinds()...) }

func coreVersions() []string { return []string{"backstage.io/v1alpha1", "backstage.io/v1beta1"} }

// softwareKinds are those of what is built and run.
func softwareKinds() []kindRule {
	owner := fieldRelation{"owner", RelationOwnedBy, kindGroup}
	system := fieldRelation{"system", RelationPartOf, kindSystem}
	dependsOn := fieldRelation{"dependsOn", RelationDependsOn, ""}
	dependencyOf := fieldRelation{"dependencyOf", RelationDependencyOf, ""}
	return []kindRule{
		{
			kind: kindComponent, apiVersions: coreVersions(),
			required: []string{"type", "lifecycle", "owner"}, optional: []string{"system", "subcomponentOf"},
			optionalLists: []string{"providesApis", "consumesApis", "dependsOn", "dependencyOf"},
			relations: []fieldRelation{
				owner, system,
				{"subcomponentOf", RelationPartOf, kindComponent},
				{"providesApis", RelationProvidesAPI, kindAPI},
				{"consumesApis", RelationConsumesAPI, kindAPI},
				dependsOn, dependencyOf,
			},
		},
		{
			kind: kindAPI, apiVersions: coreVersions(), required: []string{"type", "lifecycle", "owner"},
			optional: []string{"system"}, relations: []fieldRelation{owner, system}, check: checkDefinition,
		},
		{
			kind: "Resource", apiVersions: coreVersions(), required: []string{"type", "owner"}, optional: []string{"system"},
			optionalLists: []string{"dependsOn", "dependencyOf"}, relations: []fieldRelation{owner, system, dependsOn, dependencyOf},
		},
		{
			kind: "AiResource", apiVersions: coreVersions(), required: []string{"type", "lifecycle", "owner"},
			optional: []string{"system"}, relations: []fieldRelation{owner, system},
		},
		{
			kind: "Template", apiVersions: []string{"scaffolder.backstage.io/v1beta3"}, required: []string{"type"}, optional: []string{"owner"},
			relations: []fieldRelation{owner}, check: checkSteps,
		},
	}
}

// organisationKinds are those of what software belongs to, and of people.
func organisationKinds() []kindRule {
	owner := fieldRelation{"owner", RelationOwnedBy, kindGroup}
	return []kindRule{
		{
			kind: kindSystem, apiVersions: coreVersions(), required: []string{"owner"}, optional: []string{"domain", "type"},
			relations: []fieldRelation{owner, {"domain", RelationPartOf, kindDomain}},
		},
		{
			kind: kindDomain, apiVersions: coreVersions(), required: []string{"owner"}, optional: []string{"subdomainOf", "type"},
			relations: []fieldRelation{owner, {"subdomainOf", RelationPartOf, kindDomain}},
		},
		{
			kind: kindGroup, apiVersions: coreVersions(), required: []string{"type"}, optional: []string{"parent"},
			requiredLists: []string{"children"}, optionalLists: []string{"members"},
			relations: []fieldRelation{
				{"parent", RelationChildOf, kindGroup}, {"children", RelationParentOf, kindGroup}, {"members", RelationHasMember, kindUser},
			},
			check: checkProfile,
		},
		{
			kind: kindUser, apiVersions: coreVersions(), requiredLists: []string{"memberOf"},
			relations: []fieldRelation{{"memberOf", RelationMemberOf, kindGroup}}, check: checkProfile,
		},
		{
			kind: KindLocation, apiVersions: coreVersions(), optional: []string{"type", "target"},
			optionalLists: []string{"targets"}, check: checkPresence,
		},
	}
}

// applyKind checks the spec by the rules of its kind and gives the relations that it emits, without repeats, in the
// order of the fields.
func applyKind(apiVersion, kind string, ref Ref, spec map[string]any) ([]Relation, error) {
	rules := kinds()
	at := slices.IndexFunc(rules, func(rule kindRule) bool { return strings.EqualFold(rule.kind, kind) })
	if at < 0 {
		return nil, nil
	}
	rule := rules[at]
	switch {
	case rule.kind != kind:
		return nil, invalidEnvelope("kind %q is written %s", kind, rule.kind)
	case !slices.Contains(rule.apiVersions, apiVersion):
		return nil, invalidEnvelope("a %s of apiVersion %q cannot be read: write %s", kind, apiVersion, strings.Join(rule.apiVersions, " or "))
	}
	if err := rule.checkSpec(spec); err != nil {
		return nil, err
	}
	return rule.relationsOf(ref, spec)
}

func (k kindRule) checkSpec(spec map[string]any) error {
	for _, field := range k.required {
		if err := checkText(spec, field, true); err != nil {
			return err
		}
	}
	for _, field := range k.optional {
		if err := checkText(spec, field, false); err != nil {
			return err
		}
	}
	for _, field := range k.requiredLists {
		if _, given := spec[field]; !given {
			return invalidSpec("spec.%s is missing; it may be an empty list", field)
		}
	}
	for _, field := range slices.Concat(k.requiredLists, k.optionalLists) {
		if err := checkTexts(spec, field); err != nil {
			return err
		}
	}
	if k.check == nil {
		return nil
	}
	return k.check(spec)
}

func (k kindRule) relationsOf(ref Ref, spec map[string]any) ([]Relation, error) {
	var all []Relation
	for _, field := range k.relations {
		for _, text := range texts(spec[field.field]) {
			target, err := ParseRef(text, field.kind, ref.Namespace)
			if err != nil {
				return nil, err
			}
			relation := Relation{Source: ref.String(), Type: field.relation, Target: target.String()}
			if !slices.Contains(all, relation) {
				all = append(all, relation)
			}
		}
	}
	return all, nil
}

// texts gives the strings of a field that holds one or a list of them.
func texts(value any) []string {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		var out []string
		for _, item := range value {
			if text, ok := item.(string); ok {
				out = append(out, text)
			}
		}
		return out
	default:
		return nil
	}
}
