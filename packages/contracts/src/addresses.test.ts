import { expect, test } from '@jest/globals';
import { addressesOf } from './addresses.ts';

test('addressesOf has the method and the path of each operation that a side offers, and nothing else', () => {
  const [backend, web] = [addressesOf('backend'), addressesOf('web')];
  // The contract's two addresses of one operation.
  expect(backend.stopAgent).toEqual({ method: 'POST', path: '/api/agents/:id/stop' });
  expect(web.stopAgent).toEqual({ method: 'POST', path: '/api/instance/:userId/stop' });
  // The web signs people in itself.
  expect(backend.verifyCredentials).toMatchObject({ method: 'POST' });
  expect(web).not.toHaveProperty('verifyCredentials');
});
