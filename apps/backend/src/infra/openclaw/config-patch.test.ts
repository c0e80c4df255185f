import { expect, test } from '@jest/globals';
import { configPatch } from './config-patch.ts';

const REDACTED = '__OPENCLAW_REDACTED__';

test.each<[case_: string, built: object, present: object, patch: object, replacePaths: string[]]>([
  ['equal files', { tools: { deny: ['a'] } }, { meta: { x: 1 }, tools: { deny: ['a'] } }, {}, []],
  ['a changed value', { a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } }, { a: { c: 2 } }, []],
  ['a new object', { a: { b: { c: 1 } } }, { a: {} }, { a: { b: { c: 1 } } }, []],
  ['a removed key', { a: { b: 1 } }, { a: { b: 1, c: 2 } }, { a: { c: null } }, []],
  ['a changed list', { tools: { deny: ['b'] } }, { tools: { deny: ['a'] } }, { tools: { deny: ['b'] } }, ['tools.deny']],
  ['a new list', { a: [1] }, {}, { a: [1] }, []],
  ['a removed list', { t: {} }, { t: { allowFrom: ['1'] } }, { t: { allowFrom: null } }, ['t.allowFrom']],
  [
    'a removed object with lists',
    { models: { providers: { new: { models: [{ id: '1' }] } } } },
    { models: { providers: { old: { api: 'x', models: [{ id: '2', input: ['text'] }] } } } },
    { models: { providers: { new: { models: [{ id: '1' }] }, old: null } } },
    ['models.providers.old.models'],
  ],
  ['a redacted secret', { auth: { token: '${TOKEN}' } }, { auth: { token: REDACTED } }, {}, []],
  ['a list that becomes a text', { a: 'x' }, { a: ['x'] }, { a: 'x' }, ['a']],
])('configPatch of %s', (_case, built, present, patch, replacePaths) => {
  expect(configPatch({ meta: { lastTouchedVersion: '2026.9.6' }, ...built }, present)).toEqual({ patch, replacePaths });
});

test('configPatch of a file that the gateway could not read sets everything', () => {
  expect(configPatch({ a: 1 }, undefined)).toEqual({ patch: { a: 1 }, replacePaths: [] });
});
