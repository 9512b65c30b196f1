import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-ws';
import transportWs from 'subscriptions-transport-ws';
import WebSocket from 'ws';
import { catalogChanges, checkout, resumes, token, websocketUrl, whatResumesGives } from './portal.js';

const connectionParams = { Authorization: `Bearer ${token}` };

test('graphql-ws asks, and follows changes from a cursor', async () => {
  const client = createClient({ url: websocketUrl, webSocketImpl: WebSocket, connectionParams, retryAttempts: 0 });
  const answers = [];
  for await (const answer of client.iterate({ query: checkout })) answers.push(answer);
  assert.equal(answers.length, 1);
  assert.equal(answers[0].errors, undefined);
  assert.equal(answers[0].data.entity.ref, 'component:default/checkout');
  const changes = await resumes('graphql-ws', async (after, until) => {
    const seen = [];
    for await (const { data, errors } of client.iterate({ query: catalogChanges, variables: { after } })) {
      assert.equal(errors, undefined);
      seen.push(data.catalogChanges);
      if (until(data.catalogChanges)) break;
    }
    return seen;
  });
  assert.deepEqual(changes, whatResumesGives('graphql-ws'));
  await client.dispose();
});

test('graphql-ws is told what is wrong with an operation, and the socket stays open', async () => {
  const client = createClient({ url: websocketUrl, webSocketImpl: WebSocket, connectionParams, lazy: false, retryAttempts: 0 });
  await assert.rejects(async () => {
    for await (const _ of client.iterate({ query: '{ nothingOfTheKind }' })) assert.fail('it was answered');
  }, (errors) => errors[0].extensions.code === 'GRAPHQL_VALIDATION_FAILED');
  for await (const { data } of client.iterate({ query: '{ __typename }' })) assert.equal(data.__typename, 'Query');
  await client.dispose();
});

test('subscriptions-transport-ws asks, and follows changes from a cursor', async () => {
  const client = new transportWs.SubscriptionClient(websocketUrl, { connectionParams, reconnect: false }, WebSocket);
  const request = (operation, until) => new Promise((resolve, reject) => {
    const seen = [];
    const subscription = client.request(operation).subscribe({
      next: (answer) => {
        if (answer.errors) return reject(new Error(JSON.stringify(answer.errors)));
        seen.push(answer.data);
        if (until(answer.data)) queueMicrotask(() => { subscription.unsubscribe(); resolve(seen); });
      },
      error: reject,
    });
  });
  const [data] = await request({ query: checkout }, () => true);
  assert.equal(data.entity.ref, 'component:default/checkout');
  const changes = await resumes('transport-ws', async (after, until) => {
    const seen = await request({ query: catalogChanges, variables: { after } }, (d) => until(d.catalogChanges));
    return seen.map((d) => d.catalogChanges);
  });
  assert.deepEqual(changes, whatResumesGives('transport-ws'));
  client.close();
});
