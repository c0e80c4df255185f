import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { allowedCall, allowedCalls } from './allowed-calls.ts';

/** Compares the list of calls with ADR 9, which names them for operators. */

const adr = readFileSync(path.join(import.meta.dirname, '../../../../../docs/adr/0009-engine-socket.md'), 'utf8');
const name = 'openclaw-agent_1';

/** The calls in the table of ADR 9: `GET /info`, or below `for one:` the end of an address such as `GET json`. */
function callsOfAdr(): [method: string, address: string][] {
  const rows = adr.split('\n').filter((line) => /^\| (engine|images|containers|volumes|networks) +\|/.test(line));
  return rows.flatMap((row) => {
    const [, kind = '', cell = ''] = row.split('|').map((text) => text.trim());
    const [general = '', single = ''] = cell.split('for one:');
    let method = '';
    const calls = [...general.matchAll(/`([A-Z]+ )?(\/[^`]*)`/g)].map(([, verb, address = '']): [string, string] => {
      method = verb?.trim() ?? method;
      return [method, address.replace('{name}', 'ghcr.io/openclaw/openclaw:1')];
    });
    const ofOne = [...single.matchAll(/`([A-Z]+)([^`]*)`/g)].flatMap(([, verb = '', ends = '']) =>
      ends.split(',').map((end): [string, string] => {
        const it = end.trim() === 'rename' ? 'a'.repeat(64) : name;
        return [verb, `/${kind}/${it}${end.trim() && `/${end.trim()}`}`];
      }),
    );
    return [...calls, ...ofOne];
  });
}

test('the engine proxy allows the 27 calls that ADR 9 lists, and each is one of its own', () => {
  const listed = callsOfAdr();
  expect(listed).toHaveLength(27);
  const matched = listed.map(([method, address]) => allowedCall(method, `/v1.41${address}`)?.call);
  expect(listed.filter((_, index) => !matched[index])).toEqual([]);
  expect(new Set(matched).size).toBe(27);
  expect(allowedCalls).toHaveLength(27);
});

describe('the engine proxy refuses', () => {
  test.each([
    ['exec', 'POST', `/v1.41/containers/${name}/exec`],
    ['attach', 'POST', `/v1.41/containers/${name}/attach`],
    ['commit', 'POST', `/v1.41/commit?container=${name}`],
    ['build', 'POST', '/v1.41/build'],
    ['update', 'POST', `/v1.41/containers/${name}/update`],
    ['swarm', 'POST', '/v1.41/swarm/init'],
    ['plugins', 'POST', '/v1.41/plugins/pull'],
    ['secrets', 'GET', '/v1.41/secrets'],
    ['removal of images', 'DELETE', '/v1.41/images/busybox'],
    ['an image from any source', 'POST', '/v1.41/images/create?fromSrc=http://example.com/x.tar&repo=agentbot/openclaw'],
    ['a parameter twice', 'POST', '/v1.41/images/create?fromImage=a&fromImage=b'],
    ['the database beside it', 'POST', '/v1.41/containers/agentbot-postgres-1/stop'],
    ['a container by its id', 'DELETE', `/v1.41/containers/${'a'.repeat(64)}`],
    ['a path outside the agent’s folders', 'GET', `/v1.41/containers/${name}/archive?path=/etc`],
    ['a path that leads upwards', 'GET', `/v1.41/containers/${name}/../postgres/json`],
    ['an older version of the API', 'POST', `/v1.40/containers/${name}/start`],
    ['a call without a version', 'POST', `/containers/${name}/start`],
  ])('%s', (_what, method, url) => {
    expect(allowedCall(method, url)).toBeUndefined();
  });
});

test.each(['1.41', '1.44', '1.52'])('a call of a later version of the API passes: %s', (version) => {
  expect(allowedCall('POST', `/v${version}/containers/${name}/start`)?.address).toBe(`/v${version}/containers/${name}/start`);
});
