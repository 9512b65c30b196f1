package graphclient

import (
	"context"
	"fmt"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/fault"
)

const registerDocument = `mutation ScaffolderRegister($input: RegisterLocationInput!) {
  registerLocation(input: $input) {
    location { entities(first: 100) { nodes { ref } } }
    userErrors { code message }
  }
}`

type located struct {
	Target   string `json:"target"`
	Type     string `json:"type"`
	Entities struct {
		Nodes []struct {
			Ref string `json:"ref"`
		} `json:"nodes"`
	} `json:"entities"`
}

func (l located) refs() []string {
	refs := make([]string, 0, len(l.Entities.Nodes))
	for _, node := range l.Entities.Nodes {
		refs = append(refs, node.Ref)
	}
	return refs
}

// codeExists is what the catalog says of a place that it has already.
const codeExists = "LOCATION_EXISTS"

// RegisterLocation registers a place of the catalog and gives the references of the entities that were read from it, also
// of one that is registered already.
func (c *Client) RegisterLocation(ctx context.Context, principal auth.Principal, locationType, target string) ([]string, error) {
	var data struct {
		RegisterLocation *struct {
			Location   *located `json:"location"`
			UserErrors []struct {
				Code    string `json:"code"`
				Message string `json:"message"`
			} `json:"userErrors"`
		} `json:"registerLocation"`
	}
	input := map[string]any{"type": locationType, "target": target}
	if err := c.ask(ctx, principal, registerDocument, map[string]any{"input": input}, &data); err != nil {
		return nil, err
	}
	payload := data.RegisterLocation
	switch {
	case payload == nil:
		return nil, fault.Internal("graphclient.RegisterLocation", fmt.Errorf("the answer has no payload"))
	case len(payload.UserErrors) > 0 && payload.UserErrors[0].Code == codeExists:
		return c.entitiesOf(ctx, principal, locationType, target)
	case len(payload.UserErrors) > 0:
		first := payload.UserErrors[0]
		return nil, fault.Invalid("graphclient.RegisterLocation", "the catalog does not take %s: %s", target, first.Message).
			WithCode(first.Code)
	case payload.Location == nil:
		return nil, nil
	default:
		return payload.Location.refs(), nil
	}
}

const locationsDocument = `query ScaffolderLocations($after: String) {
  catalogLocations(first: 100, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { type target entities(first: 100) { nodes { ref } } }
  }
}`

// maxPages bounds how many pages of locations are looked through.
const maxPages = 50

// entitiesOf are the references of the entities of a place that is registered, as far as the principal may see them.
func (c *Client) entitiesOf(ctx context.Context, principal auth.Principal, locationType, target string) ([]string, error) {
	var after *string
	for range maxPages {
		var data struct {
			CatalogLocations struct {
				PageInfo struct {
					HasNextPage bool    `json:"hasNextPage"`
					EndCursor   *string `json:"endCursor"`
				} `json:"pageInfo"`
				Nodes []located `json:"nodes"`
			} `json:"catalogLocations"`
		}
		if err := c.ask(ctx, principal, locationsDocument, map[string]any{"after": after}, &data); err != nil {
			return nil, err
		}
		for _, location := range data.CatalogLocations.Nodes {
			if location.Type == locationType && location.Target == target {
				return location.refs(), nil
			}
		}
		after = data.CatalogLocations.PageInfo.EndCursor
		if !data.CatalogLocations.PageInfo.HasNextPage || after == nil {
			break
		}
	}
	return nil, nil
}
