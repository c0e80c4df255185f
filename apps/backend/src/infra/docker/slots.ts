import { unmapped } from '../../shared/ip-address.ts';

// A slot is a number; an agent's host ports and its network derive from it.
const PORTS_PER_SLOT = 4;
const ADDRESSES_PER_SLOT = 8;
/** Each slot has one network in each half of the /16; the upper half is for agents restricted to a list of domains. */
const SLOTS_PER_HALF = 32_768 / ADDRESSES_PER_SLOT;

/** The number of slots: the ports from `portBase` on and half of the /16 limit it. */
export function slotCount(portBase: number): number {
  return Math.min(Math.floor((65_535 - portBase) / PORTS_PER_SLOT), SLOTS_PER_HALF);
}

/** The host ports of a slot; the bridge's port is the gateway's plus two. */
export function slotPorts(portBase: number, slot: number): { gateway: number; bridge: number } {
  const gateway = portBase + slot * PORTS_PER_SLOT;
  return { gateway, bridge: gateway + 2 };
}

/** The /29 of a slot. @param restricted whether the agent is restricted to a list of domains: selects the half of the /16 */
export function slotSubnet(base: string, slot: number, restricted: boolean): string {
  const [a, b] = base.split('.');
  const offset = (restricted ? slot + SLOTS_PER_HALF : slot) * ADDRESSES_PER_SLOT;
  return `${a}.${b}.${offset >> 8}.${offset & 255}/29`;
}

/** The host's address in a slot's /29: its first one, which the engine gives to the network's bridge. */
export function hostAddress(subnet: string): string {
  const [a, b, c, d] = subnet.split(/[./]/);
  return `${a}.${b}.${c}.${Number(d) + 1}`;
}

/** The half of the /16 with the networks of agents that are restricted to a list of domains. */
export function restrictedSubnet(base: string): string {
  const [a, b] = base.split('.');
  return `${a}.${b}.128.0/17`;
}

/** The number of the /29 with an address, counted through both halves of the /16; undefined outside of it. */
function networkOf(base: string, address: string): number | undefined {
  const [a, b, c = Number.NaN, d = Number.NaN] = unmapped(address).split('.').map(Number);
  const isWhole = Number.isInteger(c) && Number.isInteger(d);
  return isWhole && base === `${a}.${b}.0.0/16` ? Math.floor((c * 256 + d) / ADDRESSES_PER_SLOT) : undefined;
}

/** The slot of the agent with an address; undefined when no agent can have it. */
export function slotOfAddress(base: string, address: string): number | undefined {
  const network = networkOf(base, address);
  return network === undefined ? undefined : network % SLOTS_PER_HALF;
}

/** The slot of the restricted agent with an address; undefined when no restricted agent can have it. */
export function restrictedSlot(base: string, address: string): number | undefined {
  const network = networkOf(base, address);
  return network === undefined || network < SLOTS_PER_HALF ? undefined : network - SLOTS_PER_HALF;
}
