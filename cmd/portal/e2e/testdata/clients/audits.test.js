import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { authorization, url } from './portal.js';

const fetchFn = (input, init = {}) => fetch(input, { ...init, headers: { ...init.headers, ...authorization } });
const audits = serverAudits({ url, fetchFn });

test('the suite has the audits that are known', () => assert.equal(audits.length, 61));

for (const audit of audits) {
  test(`GraphQL over HTTP: ${audit.name}`, async () => {
    const result = await audit.fn();
    assert.equal(result.status, 'ok', result.reason);
  });
}
