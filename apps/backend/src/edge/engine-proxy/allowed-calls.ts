import type { ZodType } from 'zod';
import { container, namePattern, network, volume } from './creation-bodies.ts';

const image = '[A-Za-z0-9][A-Za-z0-9_./:@-]*';
/** Not the platform's own, which compose builds here and starts as it finds it: whoever has that name in a registry could replace it. */
const foreignImage = new RegExp(`^(?!((index\\.)?docker\\.io/)?agentbot/backend)${image}$`);
/** Parameters of an address, each with the whole of what it may be. */
type Query = Record<string, RegExp>;

const flag = /^(true|false)$/;
const number = /^\d*(\.\d+)?$/;
const anything = /^.*$/s;
/** The folders of agents' containers that the backend fills and reads. */
const folder = /^(\/home\/node\/\.openclaw|\/opt\/agentbot\/cache)$/;

interface More {
  query?: Query;
  /** How the proxy forwards the body: as parsed by a schema (made for the agents' /16 where it is a function), as bytes, or not at all. */
  body?: ZodType | ((agentSubnet: string) => ZodType) | 'bytes';
  /** Names a container by its id: the engine is asked first whether the new name is that of the agent in its labels. */
  ownName?: true;
}
export interface AllowedCall extends More {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Of the path after its version. */
  path: RegExp;
  why: string;
}

const call = (method: AllowedCall['method'], path: string, why: string, more: More = {}): AllowedCall => ({
  method,
  path: new RegExp(`^${path}$`),
  why,
  ...more,
});

const filters = { query: { filters: anything } };
const logs = { stdout: flag, stderr: flag, timestamps: flag, follow: flag, tail: number, since: number };

/** Everything the backend asks of the engine; whatever is not here, it neither needs nor gets. */
export const allowedCalls: readonly AllowedCall[] = [
  call('GET', '/_ping', 'whether the engine answers'),
  call('GET', '/info', 'memory and CPUs that limits are capped by'),
  call('GET', '/events', 'containers that start, stop or die', filters),
  call('GET', `/images/${image}/json`, 'whether an image is here, its version, what it starts'),
  // With `fromSrc` and `repo` it would make an image of anything, under any name.
  call('POST', '/images/create', 'pulls an image', { query: { fromImage: foreignImage, tag: /^[\w.:-]+$/ } }),
  call('GET', '/containers/json', 'what bears this installation’s label', { query: { all: flag, filters: anything } }),
  call('POST', '/containers/create', 'an agent’s container, and the short-lived ones beside it', {
    query: { name: new RegExp(`^${namePattern}$`) },
    body: container,
  }),
  call('GET', `/containers/${namePattern}/json`, 'the state of a container'),
  call('POST', `/containers/${namePattern}/start`, 'starts it'),
  call('POST', `/containers/${namePattern}/stop`, 'stops it', { query: { t: number } }),
  call('POST', `/containers/${namePattern}/wait`, 'waits for its end or removal', { query: { condition: /^[a-z-]+$/ } }),
  call('POST', `/containers/${namePattern}/pause`, 'holds it while its files are read'),
  call('POST', `/containers/${namePattern}/unpause`, 'lets it go on'),
  call('DELETE', `/containers/${namePattern}`, 'removes it', { query: { force: flag, v: flag } }),
  call('POST', '/containers/[0-9a-f]{64}/rename', 'gives an agent’s container back the name that somebody changed by hand', {
    query: { name: new RegExp(`^${namePattern}$`) },
    ownName: true,
  }),
  call('GET', `/containers/${namePattern}/logs`, 'an agent’s log', { query: logs }),
  call('GET', `/containers/${namePattern}/stats`, 'what an agent uses', { query: { stream: flag, 'one-shot': flag } }),
  call('GET', `/containers/${namePattern}/archive`, 'an agent’s data, for a backup', { query: { path: folder } }),
  call('PUT', `/containers/${namePattern}/archive`, 'its configuration, and data from a backup', {
    query: { path: folder },
    body: 'bytes',
  }),
  call('GET', '/volumes', 'what bears this installation’s label', filters),
  call('POST', '/volumes/create', 'an agent’s data', { body: volume }),
  call('GET', `/volumes/${namePattern}`, 'whose it is'),
  call('DELETE', `/volumes/${namePattern}`, 'removes it', { query: { force: flag } }),
  call('GET', '/networks', 'what bears this installation’s label', filters),
  call('POST', '/networks/create', 'an agent’s own network', { body: network }),
  call('GET', `/networks/${namePattern}`, 'whose it is, and its subnet'),
  call('DELETE', `/networks/${namePattern}`, 'removes it'),
];

/** The versions that the backend speaks, 1.41 and later: older ones take what these refuse, a HostConfig at a container's start. */
const versioned = /^(\/v1\.(?:4[1-9]|[5-9]\d))(\/.*)$/s;

/** The path after the version as the list has it; an image's name is the one thing that is sent encoded. */
function plainPath(path: string): string | undefined {
  const decoded = path.startsWith('/images/') ? path.replaceAll(/%(2F|3A|40)/gi, (code) => decodeURIComponent(code)) : path;
  return /%|\/\.\.?(\/|$)|\/\//.test(decoded) ? undefined : decoded;
}

/** The parameters written anew, if each is a known one, is given once, and is as it may be. */
function checkedQuery(search: string, known: Query): string | undefined {
  const given = [...new URLSearchParams(search)];
  if (new Set(given.map(([name]) => name)).size < given.length) return undefined;
  const isKnown = ([name, value]: [string, string]) => Object.hasOwn(known, name) && known[name]?.test(value);
  return given.every(isKnown) ? new URLSearchParams(given).toString() : undefined;
}

/** The call that a request is, if it is an allowed one, and the address that it is sent on to. */
export function allowedCall(method: string | undefined, url = ''): { call: AllowedCall; address: string } | undefined {
  const [whole = '', ...rest] = url.split('?');
  const path = plainPath(versioned.exec(whole)?.[2] ?? '');
  const found = path && allowedCalls.find((each) => each.method === method && each.path.test(path));
  const query = found && checkedQuery(rest.join('?'), found.query ?? {});
  return found && query !== undefined ? { call: found, address: query ? `${whole}?${query}` : whole } : undefined;
}
