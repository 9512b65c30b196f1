package e2e_test

// The documents that clients of the portal rely on. They are the contract: change them only with the schema's users.
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
	search   = `query Search($text: String!) { searchDocs(text: $text, first: 5) { nodes { title path snippet entity { ref owner { ref } } } } }`
	me       = `query Me { viewer { user { ref } roles permissions } }`
	again    = `query Again($id: ID!) { node(id: $id) { id __typename } }`
	register = `mutation Register($input: RegisterLocationInput!) { registerLocation(input: $input) { location { id target } userErrors { code message path } } }`
	start    = `mutation Start($input: StartTaskInput!) { startTask(input: $input) { task { id status steps { id name status } } userErrors { code message path } } }`
	catalog  = `subscription Catalog($after: String) { catalogChanges(after: $after) { cursor change ref entity { ref kind owner { ref } cost(last: 7) { total { amount } } } } }`
	task     = `subscription Task($id: ID!, $after: String) { taskEvents(taskId: $id, after: $after) { cursor time stepId level message status } }`
)
