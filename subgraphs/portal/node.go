package portal

import (
	"context"

	"devportal.internal/graph/relay"
	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
)

// MaxNodes is how many ids may be asked for at once.
const MaxNodes = 100

// CodeTooManyNodes is the code of the fault that more ids than [MaxNodes] cause.
const CodeTooManyNodes = "TOO_MANY_NODES"

// Stub is an object of which only the global id is known here.
type Stub struct {
	// Type is the name of its GraphQL type; "" when there is nothing to be seen.
	Type string
	// ID is its global id.
	ID string
}

// Nodes says where global ids lead, in their order. What is no id of this portal is an invalid fault; an id that leads to
// nothing that the one who asks may see is an empty stub.
func (p *Portal) Nodes(ctx context.Context, ids []string) ([]Stub, error) {
	if len(ids) > MaxNodes {
		return nil, fault.Invalid("portal.Nodes", "at most %d ids may be asked for at once, not %d", MaxNodes, len(ids)).
			WithCode(CodeTooManyNodes)
	}
	decoded := make([]relay.ID, len(ids))
	var uids []string
	for i, id := range ids {
		var err error
		if decoded[i], err = relay.DecodeID(id); err != nil {
			return nil, err
		}
		if decoded[i].Type == relay.TypeEntity {
			uids = append(uids, decoded[i].UID)
		}
	}
	entities, err := p.visible(ctx, uids)
	if err != nil {
		return nil, err
	}
	stubs := make([]Stub, len(ids))
	for i, id := range decoded {
		if typeName := typeOf(id, entities); typeName != "" {
			stubs[i] = Stub{Type: typeName, ID: ids[i]}
		}
	}
	return stubs, nil
}

// visible gives the entities that the one who asks may see; none costs no statement.
func (p *Portal) visible(ctx context.Context, uids []string) (map[string]entityindex.Entity, error) {
	principal, err := auth.Require(ctx)
	if err != nil || len(uids) == 0 {
		return nil, err
	}
	decision, err := p.rights.Decide(ctx, principal, authz.CatalogEntityRead)
	if err != nil || decision.Denied() {
		return nil, err
	}
	return p.entities.ByID(ctx, decision, uids)
}

func typeOf(id relay.ID, entities map[string]entityindex.Entity) string {
	if id.Type != relay.TypeEntity {
		return id.Type
	}
	entity, ok := entities[id.UID]
	if !ok {
		return ""
	}
	return typeOfKind(entity.Kind)
}

// typeOfKind gives the GraphQL type of an entity's kind.
func typeOfKind(kind string) string {
	switch kind {
	case "Component", "API", "Resource", "System", "Domain", "Group", "User", "Location", "AiResource", "Template":
		return kind
	default:
		return "UnknownKindEntity"
	}
}
