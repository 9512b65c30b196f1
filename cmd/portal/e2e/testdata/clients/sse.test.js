import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-sse';
import { authorization, catalogChanges, checkout, resumes, url, whatResumesGives } from './portal.js';

for (const singleConnection of [false, true]) {
  const mode = singleConnection ? 'single' : 'distinct';
  test(`graphql-sse in ${mode} connection mode asks, and follows changes from a cursor`, async () => {
    // The client puts its reservation into the object that it is given.
    const client = createClient({ url, headers: { ...authorization }, singleConnection, retryAttempts: 0 });
    const answers = [];
    for await (const answer of client.iterate({ query: checkout })) answers.push(answer);
    assert.equal(answers.length, 1);
    assert.equal(answers[0].errors, undefined);
    assert.equal(answers[0].data.entity.ref, 'component:default/checkout');
    const changes = await resumes(`sse-${mode}`, async (after, until) => {
      const seen = [];
      for await (const { data, errors } of client.iterate({ query: catalogChanges, variables: { after } })) {
        assert.equal(errors, undefined);
        seen.push(data.catalogChanges);
        if (until(data.catalogChanges)) break;
      }
      return seen;
    });
    assert.deepEqual(changes, whatResumesGives(`sse-${mode}`));
    client.dispose();
  });
}
