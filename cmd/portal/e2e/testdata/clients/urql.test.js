import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { authorization, catalogChanges, checkout, resumes, token, url, websocketUrl, whatResumesGives } from './portal.js';

// The client aborts its request once it has the answer, which Node's fetch reports as an error that nobody handles.
const fetchWhole = (input, { signal, ...init }) => fetch(input, init);

const over = (...exchanges) =>
  new Client({ url, exchanges, fetch: fetchWhole, fetchOptions: { headers: authorization }, preferGetMethod: false });

test('urql asks over HTTP', async () => {
  const { data, error } = await over(fetchExchange).query(checkout, {}).toPromise();
  assert.equal(error, undefined);
  assert.equal(data.entity.ref, 'component:default/checkout');
});

test('urql asks with GET', async () => {
  const client = new Client({ url, exchanges: [fetchExchange], fetch: fetchWhole, fetchOptions: { headers: authorization }, preferGetMethod: 'force' });
  const { data, error } = await client.query(checkout, {}).toPromise();
  assert.equal(error, undefined);
  assert.equal(data.entity.ref, 'component:default/checkout');
});

test('urql is told what is wrong', async () => {
  const { error } = await over(fetchExchange).query('{ nothingOfTheKind }', {}).toPromise();
  assert.equal(error.graphQLErrors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
});

const follow = (client) => (after, until) => new Promise((resolve, reject) => {
  const seen = [];
  const { unsubscribe } = client.subscription(catalogChanges, { after }).subscribe(({ data, error }) => {
    if (error) return reject(error);
    seen.push(data.catalogChanges);
    if (until(data.catalogChanges)) queueMicrotask(() => { unsubscribe(); resolve(seen); });
  });
});

test('urql follows changes over a websocket', async () => {
  const socket = createClient({ url: websocketUrl, webSocketImpl: WebSocket, connectionParams: { Authorization: `Bearer ${token}` }, retryAttempts: 0 });
  const forwardSubscription = ({ query, variables }) => ({
    subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
  });
  const client = over(subscriptionExchange({ forwardSubscription }));
  assert.deepEqual(await resumes('urql-websocket', follow(client)), whatResumesGives('urql-websocket'));
  await socket.dispose();
});

test('urql follows changes over HTTP', async () => {
  const client = new Client({ url, exchanges: [fetchExchange], fetchOptions: { headers: authorization }, fetchSubscriptions: true, preferGetMethod: false });
  assert.deepEqual(await resumes('urql-http', follow(client)), whatResumesGives('urql-http'));
});
