import { expect, test } from '@jest/globals';
import { restrictedSlot } from './slots.ts';

test.each([
  ['10.201.128.2', 0],
  ['::ffff:10.201.129.10', 33],
  ['10.201.255.250', 4095],
  ['10.201.127.250', undefined],
  ['10.202.128.2', undefined],
  ['127.0.0.1', undefined],
  ['::1', undefined],
])('restrictedSlot of the address %s is %s', (address, slot) => {
  expect(restrictedSlot('10.201.0.0/16', address)).toBe(slot);
});
