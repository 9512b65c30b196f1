package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

const (
	overview = `query Overview($ref: EntityRef!) {
  entity(ref: $ref) {
    id ref kind title description tags
    owner { id ref title }
    ... on Component {
      type lifecycle
      system { ref domain { ref } }
      providesApis(first: 10) { nodes { ref definitionFormat operations(first: 5) { nodes { name summary } } } }
      dependsOn(first: 10) { totalCount nodes { ref kind } }
    }
    docs { title updatedAt pages(first: 20) { nodes { path title } } }
    cost(last: 30) { total { amount currency } change { ratio } daily { date amount } }
    kubernetes { health workloads(first: 20) { nodes { cluster namespace kind name ready desired problems { severity message } } } }
    scaffolding { template { ref } task { id status } }
  }
}`
	list = `query List($filter: EntityFilter, $after: String) {
  catalogCursor
  entities(filter: $filter, first: 20, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { ref kind owner { ref } cost(last: 7) { total { amount } } } }
}`
	refs     = `{ entities(filter: {kind: ["component"], namespace: ["default"]}, first: 20) { nodes { ref } } }`
	register = `mutation Register($input: RegisterLocationInput!) { registerLocation(input: $input) { location { id } userErrors { code message } } }`
	counted  = `{ entities(filter: {tags: ["generated"]}) { totalCount } }`
)

// work is one document with the bodies that are sent in turn.
type work struct {
	name   string
	bodies [][]byte
}

// works are what is measured: the overview of several components, and a list in pages of two sizes.
func (p *portal) works(ctx context.Context) ([]work, error) {
	overviews, err := p.overviews(ctx)
	if err != nil {
		return nil, err
	}
	return []work{
		{"Overview", overviews},
		{"List, 20 in a page", [][]byte{body(list, nil)}},
		{"List, 100 in a page", [][]byte{body(strings.Replace(list, "first: 20", "first: 100", 1), nil)}},
	}, nil
}

func (p *portal) overviews(ctx context.Context) (bodies [][]byte, err error) {
	var data struct {
		Entities struct{ Nodes []struct{ Ref string } }
	}
	if err := p.ask(ctx, body(refs, nil), &data); err != nil {
		return nil, fmt.Errorf("list components: %w", err)
	}
	for _, node := range data.Entities.Nodes {
		bodies = append(bodies, body(overview, map[string]any{"ref": node.Ref}))
	}
	if len(bodies) == 0 {
		return nil, fmt.Errorf("there are no components in %s", p.listen)
	}
	return bodies, nil
}

// body is the body of a request.
func body(document string, variables map[string]any) []byte {
	text, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		panic("bench: texts always marshal: " + err.Error())
	}
	return text
}
