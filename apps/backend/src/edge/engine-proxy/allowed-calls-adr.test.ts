import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
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

test('the engine proxy allows the 28 calls that ADR 9 lists, and no two are the same', () => {
  const listed = callsOfAdr();
  expect(listed).toHaveLength(28);
  const matched = listed.map(([method, address]) => allowedCall(method, `/v1.41${address}`)?.call);
  expect(listed.filter((_, index) => !matched[index])).toEqual([]);
  expect(new Set(matched).size).toBe(28);
  expect(allowedCalls).toHaveLength(28);
});
