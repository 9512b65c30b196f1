package catalog

// The types of relations, each beside its inverse.
const (
	RelationOwnedBy       = "ownedBy"
	RelationOwnerOf       = "ownerOf"
	RelationProvidesAPI   = "providesApi"
	RelationAPIProvidedBy = "apiProvidedBy"
	RelationConsumesAPI   = "consumesApi"
	RelationAPIConsumedBy = "apiConsumedBy"
	RelationDependsOn     = "dependsOn"
	RelationDependencyOf  = "dependencyOf"
	RelationParentOf      = "parentOf"
	RelationChildOf       = "childOf"
	RelationMemberOf      = "memberOf"
	RelationHasMember     = "hasMember"
	RelationPartOf        = "partOf"
	RelationHasPart       = "hasPart"
)

// Relation says how the source is related to the target. Both are refs.
type Relation struct {
	Source, Type, Target string
}

// Inverse is the same relation as seen from the target.
func (r Relation) Inverse() Relation {
	return Relation{Source: r.Target, Type: inverseOf(r.Type), Target: r.Source}
}

// inverseOf gives the name of a relation as seen from its other end.
func inverseOf(relationType string) string {
	pairs := [][2]string{
		{RelationOwnedBy, RelationOwnerOf},
		{RelationProvidesAPI, RelationAPIProvidedBy},
		{RelationConsumesAPI, RelationAPIConsumedBy},
		{RelationDependsOn, RelationDependencyOf},
		{RelationParentOf, RelationChildOf},
		{RelationMemberOf, RelationHasMember},
		{RelationPartOf, RelationHasPart},
	}
	for _, pair := range pairs {
		switch relationType {
		case pair[0]:
			return pair[1]
		case pair[1]:
			return pair[0]
		}
	}
	return relationType
}
