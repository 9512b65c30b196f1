// The portal under test: the address, the token and a folder whose files it may read come from the environment.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const { PORTAL_LISTEN, PORTAL_TOKEN, PORTAL_FOLDER } = process.env;
if (!PORTAL_LISTEN || !PORTAL_TOKEN || !PORTAL_FOLDER) {
  throw new Error('PORTAL_LISTEN, PORTAL_TOKEN and PORTAL_FOLDER are set by TestClients: run make test-clients');
}

export const url = `http://${PORTAL_LISTEN}/graphql`;
export const websocketUrl = `ws://${PORTAL_LISTEN}/graphql`;
export const schemaUrl = `http://${PORTAL_LISTEN}/schema.graphql`;
export const token = PORTAL_TOKEN;
export const authorization = { Authorization: `Bearer ${PORTAL_TOKEN}` };

export const checkout = 'query Checkout { entity(ref: "component:default/checkout") { id ref kind owner { ref } cost(last: 7) { total { amount } } } }';
export const catalogChanges = 'subscription Changes($after: String) { catalogChanges(after: $after) { cursor change ref entity { ref owner { ref } } } }';

// ask sends an operation with nothing but fetch.
export async function ask(query, variables) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...authorization },
    body: JSON.stringify({ query, variables }),
  });
  const answer = await response.json();
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

// addComponent puts a component of that name into the catalog.
export async function addComponent(name) {
  const folder = join(PORTAL_FOLDER, name);
  await mkdir(folder, { recursive: true });
  const target = join(folder, 'catalog-info.yaml');
  await writeFile(target, `apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: ${name}}
spec: {type: service, lifecycle: experimental, owner: user:default/robin.vale}
`);
  const { registerLocation } = await ask(
    'mutation Register($input: RegisterLocationInput!) { registerLocation(input: $input) { location { id } userErrors { code message } } }',
    { input: { type: 'file', target } },
  );
  if (!registerLocation.location) throw new Error(JSON.stringify(registerLocation.userErrors));
}

// cursor is where live changes start from now.
export async function cursor() {
  return (await ask('{ catalogCursor }')).catalogCursor;
}

// resumes runs a subscription with a client twice: three components are added; the first run sees the first of them, the second
// begins after its cursor. follow(after, until) resolves to the changes that it was given, the last of which until() accepts.
export async function resumes(name, follow) {
  const names = [`${name}-a`, `${name}-b`, `${name}-c`];
  const wanted = names.map((n) => `component:default/${n}`);
  const ours = (changes) => changes.filter((c) => wanted.includes(c.ref));
  const after = await cursor();
  const first = follow(after, (c) => c.ref === wanted[0]);
  await addComponent(names[0]);
  const before = await first;
  await addComponent(names[1]);
  const second = follow(before.at(-1).cursor, (c) => c.ref === wanted[2]);
  await addComponent(names[2]);
  return ours([...before, ...(await second)]).map((c) => `${c.change} ${c.entity.ref} ${c.entity.owner.ref}`);
}

// whatResumesGives is what resumes must give, with no change lost and none twice.
export const whatResumesGives = (name) =>
  ['a', 'b', 'c'].map((letter) => `ADDED component:default/${name}-${letter} user:default/robin.vale`);
