import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import graphqlPlugin from '@graphql-eslint/eslint-plugin';
import { ESLint } from 'eslint';
import { authorization, schemaUrl } from './portal.js';

const run = promisify(execFile);

// exceptions are what of graphql-eslint's presets does not hold, each with its reason.
const exceptions = {
  // What has no identity has no id: connections, edges, payloads, events, money. What has one implements Node.
  '@graphql-eslint/strict-id-in-types': 'off',
  // tags: [String!]! is no connection. A relation, a page or a pod is found through what it belongs to, not by an id.
  '@graphql-eslint/relay-edge-types': ['error', { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false }],
  // API.apiVersion and Location.location have the names that every entity's have: they are CatalogEntity's.
  '@graphql-eslint/no-typename-prefix': 'off',
};

let folder;
let file;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portal-linters-'));
  file = join(folder, 'schema.graphql');
  const response = await fetch(schemaUrl, { headers: authorization });
  assert.equal(response.status, 200);
  await writeFile(file, await response.text());
});

after(() => rm(folder, { recursive: true, force: true }));

test("the schema keeps graphql-eslint's recommended and relay rules", async () => {
  const { configs } = graphqlPlugin;
  const eslint = new ESLint({
    cwd: folder, overrideConfigFile: true,
    overrideConfig: [{
      files: ['**/*.graphql'], plugins: { '@graphql-eslint': graphqlPlugin },
      languageOptions: { parser: graphqlPlugin.parser, parserOptions: { graphQLConfig: { schema: file } } },
      rules: { ...configs['flat/schema-recommended'].rules, ...configs['flat/schema-relay'].rules, ...exceptions },
    }],
  });
  const [result] = await eslint.lintFiles([file]);
  assert.deepEqual(result.messages.map((m) => `${m.line}: ${m.ruleId}: ${m.message}`), []);
});

test('the schema keeps all rules of graphql-schema-linter', async () => {
  const linter = join(dirname(fileURLToPath(import.meta.url)), 'node_modules', '.bin', 'graphql-schema-linter');
  await run(linter, [file], { cwd: folder }).catch((error) => assert.fail(error.stdout));
});
