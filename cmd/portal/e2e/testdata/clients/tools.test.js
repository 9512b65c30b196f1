import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { generate } from '@graphql-codegen/cli';
import { authorization, catalogChanges, checkout, schemaUrl } from './portal.js';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portal-clients-'));
  const response = await fetch(schemaUrl, { headers: authorization });
  assert.equal(response.status, 200);
  await writeFile(join(folder, 'schema.graphql'), await response.text());
  await writeFile(join(folder, 'documents.graphql'), `${checkout}\n${catalogChanges}\n`);
});

after(() => rm(folder, { recursive: true, force: true }));

test("Relay's compiler takes the schema, with connections, nodes and refetching", async () => {
  const project = join(folder, 'relay');
  await mkdir(join(project, '__generated__'), { recursive: true });
  await writeFile(join(project, 'List.js'), `
    graphql\`query ListQuery { ...List_entities }\`;
    graphql\`fragment List_entities on Query @refetchable(queryName: "ListRefetchQuery")
      @argumentDefinitions(first: {type: "Int", defaultValue: 10}, after: {type: "String"}) {
      entities(first: $first, after: $after) @connection(key: "List_entities") { edges { node { id ref ...List_entity } } } }\`;
    graphql\`fragment List_entity on CatalogEntity @refetchable(queryName: "EntityRefetchQuery") { id ref cost(last: 7) { total { amount } } }\`;
  `);
  await writeFile(join(folder, 'relay.config.json'), JSON.stringify({
    src: './relay', schema: './schema.graphql', language: 'javascript', artifactDirectory: './relay/__generated__',
  }));
  await run(join(here, 'node_modules', '.bin', 'relay-compiler'), [join(folder, 'relay.config.json')], { cwd: folder });
  assert.match(await readFile(join(project, '__generated__', 'EntityRefetchQuery.graphql.js'), 'utf8'), /node\(id: \$id\)/);
});

test('graphql-codegen makes types of the schema and the operations', async () => {
  const [file] = await generate({
    schema: join(folder, 'schema.graphql'), documents: join(folder, 'documents.graphql'), silent: true,
    generates: { [join(folder, 'types.ts')]: { plugins: ['typescript', 'typescript-operations'], config: { useTypeImports: true } } },
  }, false);
  assert.match(file.content, /export type CheckoutQuery = /);
  assert.match(file.content, /export type ChangesSubscription = /);
});
