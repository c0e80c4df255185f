import { expect, test } from '@jest/globals';
import { keyHint, originOf, readChanges } from './config-changes.ts';

const form = (fields: Record<string, string>) => {
  const data = new FormData();
  for (const [name, value] of Object.entries({ aiProvider: 'openai', plan: 'solo', ...fields })) data.set(name, value);
  return data;
};
const read = (fields: Record<string, string>, before = {}, needsKey = false) => readChanges(form(fields), before, needsKey);

test('readChanges omits empty fields and sends complete lists', () => {
  expect(read({})).toEqual({ problems: {}, config: { aiProvider: 'openai', plan: 'solo', ownerIds: [], allowedDomains: [] } });
  expect(read({ ownerIds: ' 1, 2\n3', allowedDomains: 'api.example.com *.example.org', apiKey: ' k ', model: 'm' }).config).toEqual({
    aiProvider: 'openai',
    plan: 'solo',
    ownerIds: ['1', '2', '3'],
    allowedDomains: ['api.example.com', '*.example.org'],
    apiKey: 'k',
    model: 'm',
  });
});

test('readChanges resets a model that was emptied, and touches none that was never set', () => {
  expect(read({}, { model: 'before' }).config.model).toBeNull();
  expect(read({}).config).not.toHaveProperty('model');
});

test('readChanges names no provider for an endpoint of the user’s own', () => {
  expect(read({ aiProvider: 'custom', baseUrl: 'http://127.0.0.1:1/v1' }).config).toMatchObject({ baseUrl: 'http://127.0.0.1:1/v1' });
  expect(read({ aiProvider: 'custom' }).config).not.toHaveProperty('aiProvider');
});

test.each<[Record<string, string>, string]>([
  [{ baseUrl: 'ftp://x' }, 'baseUrl'],
  [{ baseUrl: 'https://user:pass@api.example' }, 'baseUrl'],
  [{ model: 'a-${X}' }, 'model'],
  [{ apiKey: 'with space' }, 'apiKey'],
  [{ apiKey: 'schlüssel' }, 'apiKey'],
  [{ ownerIds: 'a/b' }, 'ownerIds'],
  [{ allowedDomains: 'https://example.com' }, 'allowedDomains'],
  [{ allowedDomains: 'localhost' }, 'allowedDomains'],
  [{ allowedDomains: 'example.com/path' }, 'allowedDomains'],
  [{ allowedDomains: 'example.*' }, 'allowedDomains'],
])('readChanges finds the fault in %j', (fields, name) => {
  expect(Object.keys(read(fields).problems)).toEqual([name]);
});

test('readChanges asks for a key where the new provider needs one', () => {
  expect(read({}, {}, true).problems).toEqual({ apiKey: 'The new provider needs its own key' });
  expect(read({ apiKey: 'k' }, {}, true).problems).toEqual({});
});

test('keyHint says what happens to the saved key', () => {
  expect(keyHint(true, true, false)).toContain('never sent to another one');
  expect(keyHint(false, true, false)).toContain('the agent has no key');
  expect(keyHint(false, true, true)).toContain('the agent uses the key under Model keys');
  expect(keyHint(false, false, true)).toBe('Leave empty to keep the saved key');
});

test('originOf is the server that gets the key', () => {
  expect(originOf('https://api.example:8443/v1/x')).toBe('https://api.example:8443');
  expect(originOf('not an address')).toBe('not an address');
});
