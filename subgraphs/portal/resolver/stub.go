package resolver

import (
	"devportal.internal/subgraphs/portal"
	"devportal.internal/subgraphs/portal/internal/generated"
)

// node gives the object of the schema that a stub stands for; null for an empty one, and for a type that the schema
// does not know.
func node(stub portal.Stub) generated.Node {
	switch stub.Type {
	case "API":
		return generated.API{ID: stub.ID}
	case "AiResource":
		return generated.AiResource{ID: stub.ID}
	case "CatalogLocation":
		return generated.CatalogLocation{ID: stub.ID}
	case "Component":
		return generated.Component{ID: stub.ID}
	case "DocsSite":
		return generated.DocsSite{ID: stub.ID}
	case "Domain":
		return generated.Domain{ID: stub.ID}
	case "Group":
		return generated.Group{ID: stub.ID}
	case "Location":
		return generated.Location{ID: stub.ID}
	case "Resource":
		return generated.Resource{ID: stub.ID}
	case "ScaffolderTask":
		return generated.ScaffolderTask{ID: stub.ID}
	case "System":
		return generated.System{ID: stub.ID}
	case "Template":
		return generated.Template{ID: stub.ID}
	case "UnknownKindEntity":
		return generated.UnknownKindEntity{ID: stub.ID}
	case "User":
		return generated.User{ID: stub.ID}
	case "Workload":
		return generated.Workload{ID: stub.ID}
	default:
		return nil
	}
}
