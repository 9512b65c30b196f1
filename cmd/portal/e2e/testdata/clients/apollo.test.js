import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { Defer20220824Handler } from '@apollo/client/incremental';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { authorization, catalogChanges, checkout, resumes, token, url, websocketUrl, whatResumesGives } from './portal.js';

const over = (link) => new ApolloClient({ link, cache: new InMemoryCache(), incrementalHandler: new Defer20220824Handler() });
const http = () => new HttpLink({ uri: url, headers: authorization });

const follow = (client) => (after, until) => new Promise((resolve, reject) => {
  const seen = [];
  const subscription = client.subscribe({ query: gql(catalogChanges), variables: { after } }).subscribe({
    next: ({ data, error }) => {
      if (error) return reject(error);
      seen.push(data.catalogChanges);
      if (until(data.catalogChanges)) queueMicrotask(() => { subscription.unsubscribe(); resolve(seen); });
    },
    error: reject,
  });
});

test('Apollo Client asks over HTTP', async () => {
  const { data, error } = await over(http()).query({ query: gql(checkout) });
  assert.equal(error, undefined);
  assert.equal(data.entity.ref, 'component:default/checkout');
});

test('Apollo Client is told what is wrong', async () => {
  await assert.rejects(over(http()).query({ query: gql('{ nothingOfTheKind }') }), (error) =>
    /nothingOfTheKind/.test(error.message));
});

test('Apollo Client is given what it deferred', async () => {
  const query = gql('query Later { entity(ref: "component:default/checkout") { id ref ... @defer { cost(last: 7) { total { amount } } } } }');
  const results = [];
  await new Promise((resolve, reject) => {
    over(http()).watchQuery({ query, fetchPolicy: 'network-only' }).subscribe({
      next: (result) => {
        if (result.error) return reject(result.error);
        results.push(result);
        if (result.dataState === 'complete') resolve();
      },
      error: reject,
    });
  });
  assert.ok(results.at(-1).data.entity.cost.total.amount);
});

test('Apollo Client follows changes by multipart over HTTP', async () => {
  assert.deepEqual(await resumes('apollo-multipart', follow(over(http()))), whatResumesGives('apollo-multipart'));
});

test('Apollo Client follows changes over a websocket', async () => {
  const socket = createClient({ url: websocketUrl, webSocketImpl: WebSocket, connectionParams: { Authorization: `Bearer ${token}` }, retryAttempts: 0 });
  const client = over(ApolloLink.split(({ operationType }) => operationType === 'subscription', new GraphQLWsLink(socket), http()));
  assert.deepEqual(await resumes('apollo-websocket', follow(client)), whatResumesGives('apollo-websocket'));
  await socket.dispose();
});
