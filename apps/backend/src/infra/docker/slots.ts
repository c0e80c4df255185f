/** A slot is the number that an agent's host ports and its network derive from. */
const PORTS_PER_SLOT = 4;
const ADDRESSES_PER_SLOT = 8;
/** Each slot has a network in both halves of the /16; agents in the upper one reach certain domains only. */
const SLOTS_PER_HALF = 32_768 / ADDRESSES_PER_SLOT;

/** How many slots fit between the first port and the last, and into half of the /16. */
export function slotCount(portBase: number): number {
  return Math.min(Math.floor((65_535 - portBase) / PORTS_PER_SLOT), SLOTS_PER_HALF);
}

/** The host ports of a slot: the gateway's, and the bridge's two above it. */
export function slotPorts(portBase: number, slot: number): { gateway: number; bridge: number } {
  const gateway = portBase + slot * PORTS_PER_SLOT;
  return { gateway, bridge: gateway + 2 };
}

/** The /29 of a slot, in the half of the /16 that its agent belongs to. */
export function slotSubnet(base: string, slot: number, limited: boolean): string {
  const [a, b] = base.split('.');
  const offset = (limited ? slot + SLOTS_PER_HALF : slot) * ADDRESSES_PER_SLOT;
  return `${a}.${b}.${offset >> 8}.${offset & 255}/29`;
}

/** The half of the /16 with the networks of agents that may reach certain domains only. */
export function restrictedSubnet(base: string): string {
  const [a, b] = base.split('.');
  return `${a}.${b}.128.0/17`;
}

/** The slot of the agent with that address, if it may reach certain domains only. */
export function restrictedSlot(base: string, address: string): number | undefined {
  const [a, b, c, d] = address
    .replace(/^::ffff:/, '')
    .split('.')
    .map(Number);
  if (base !== `${a}.${b}.0.0/16` || c === undefined || d === undefined) return undefined;
  const slot = Math.floor((c * 256 + d) / ADDRESSES_PER_SLOT) - SLOTS_PER_HALF;
  return slot >= 0 ? slot : undefined;
}
