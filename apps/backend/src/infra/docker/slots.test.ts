import { expect, test } from '@jest/globals';
import { hostAddress, restrictedSlot, restrictedSubnet, slotCount, slotOfAddress, slotPorts, slotSubnet } from './slots.ts';

// Ruling 16: ports from 19000 in steps of 4; the bridge two above the gateway. A /29 has eight addresses.

test.each([
  ['10.201.128.2', 0],
  ['::ffff:10.201.129.10', 33],
  ['10.201.255.250', 4095],
  ['10.201.128.0', 0],
  ['10.201.128.7', 0],
  ['10.201.128.8', 1],
  ['10.201.127.255', undefined],
  ['10.201.127.250', undefined],
  ['10.202.128.2', undefined],
  ['11.201.128.2', undefined],
  ['127.0.0.1', undefined],
  // A valid IPv6 address that ends like a mapped one.
  ['1::ffff:0.201.128.2', undefined],
  ['10.201', undefined],
  ['10.201.128', undefined],
  ['::1', undefined],
  ['', undefined],
])('restrictedSlot of the address %s is %s', (address, slot) => {
  expect(restrictedSlot('10.201.0.0/16', address)).toBe(slot);
});

test.each([
  ['10.201.0.2', 0],
  ['10.201.0.8', 1],
  ['10.201.127.255', 4_095],
  ['10.201.128.0', 0],
  ['::ffff:10.201.129.10', 33],
  ['10.202.0.2', undefined],
  ['127.0.0.1', undefined],
  ['', undefined],
])('slotOfAddress of %s is %s', (address, slot) => {
  expect(slotOfAddress('10.201.0.0/16', address)).toBe(slot);
});

test.each([
  ['10.201.0.0/29', '10.201.0.1'],
  ['10.201.255.248/29', '10.201.255.249'],
])('hostAddress of %s is %s', (subnet, address) => {
  expect(hostAddress(subnet)).toBe(address);
});

test('slotPorts are four apart, the bridge two above the gateway', () => {
  expect(slotPorts(19_000, 0)).toEqual({ gateway: 19_000, bridge: 19_002 });
  expect(slotPorts(19_000, 1)).toEqual({ gateway: 19_004, bridge: 19_006 });
  expect(slotPorts(30_000, 100)).toEqual({ gateway: 30_400, bridge: 30_402 });
});

test('slotCount ends where the ports or the addresses of half a /16 end', () => {
  // Half of a /16 is 32,768 addresses, or 4,096 networks of eight.
  expect(slotCount(19_000)).toBe(4096);
  expect(slotCount(49_151)).toBe(4096);
  expect(slotCount(49_155)).toBe(4095);
  expect(slotCount(65_531)).toBe(1);
  expect(slotCount(65_532)).toBe(0);
  const { bridge } = slotPorts(65_531, slotCount(65_531) - 1);
  expect(bridge).toBeLessThanOrEqual(65_535);
});

test.each<[number, boolean, string]>([
  [0, false, '10.201.0.0/29'],
  [1, false, '10.201.0.8/29'],
  [31, false, '10.201.0.248/29'],
  [32, false, '10.201.1.0/29'],
  [4095, false, '10.201.127.248/29'],
  [0, true, '10.201.128.0/29'],
  [4095, true, '10.201.255.248/29'],
])('slotSubnet of slot %d, restricted %s, is %s', (slot, restricted, subnet) => {
  expect(slotSubnet('10.201.0.0/16', slot, restricted)).toBe(subnet);
});

test('restrictedSubnet is the upper half', () => {
  expect(restrictedSubnet('10.201.0.0/16')).toBe('10.201.128.0/17');
});
