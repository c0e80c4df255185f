import type { ZodType } from 'zod';
import { type BodySettings, container, namePattern, network, nodeSpec, service, volume } from './creation-bodies.ts';

const image = '[A-Za-z0-9][A-Za-z0-9_./:@-]*';
/** All images except the platform's own, which compose builds locally: a pull could replace it with somebody else's image. */
const foreignImage = `(?!((index\\.)?docker\\.io/)?agentbot/backend)${image}`;
const pullableImage = new RegExp(`^${foreignImage}$`);
/** Whether an image may be brought to an engine: it is none of the platform's own. */
export const isForeignImage = (name: string): boolean => pullableImage.test(name);
/** Query parameters, each with the pattern that its whole value must match. */
type Query = Record<string, RegExp>;

const flag = /^(true|false)$/;
const number = /^\d*(\.\d+)?$/;
const anything = /^.*$/s;
/** The folders of agents' containers that the backend fills and reads. */
const folder = /^(\/home\/node\/\.openclaw|\/opt\/agentbot\/cache)$/;

interface CallOptions {
  query?: Query;
  /** How the body is forwarded: parsed by a schema (or by one made for the settings), as bytes, or not at all. */
  body?: ZodType | ((settings: BodySettings) => ZodType) | 'bytes';
  /** The call names a container by id; the new name must belong to the agent in the container's labels. */
  checksName?: true;
  /** The call may change a node's availability only. */
  checksNode?: true;
}
export interface AllowedCall extends CallOptions {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Matches the path after its API version. */
  path: RegExp;
  why: string;
}

const call = (method: AllowedCall['method'], path: string, why: string, options: CallOptions = {}): AllowedCall => ({
  method,
  path: new RegExp(`^${path}$`),
  why,
  ...options,
});

const filters = { query: { filters: anything } };
const logs = { stdout: flag, stderr: flag, timestamps: flag, follow: flag, tail: number, since: number };

/** Every engine call that the backend makes. The proxy refuses all others. */
export const allowedCalls: readonly AllowedCall[] = [
  call('GET', '/_ping', 'whether the engine answers'),
  call('GET', '/info', 'memory and CPUs that limits are capped by, its platform'),
  call('GET', '/events', 'events of containers: start, stop, die', filters),
  call('GET', `/images/${image}/json`, 'whether an image is present, its version, its entrypoint'),
  // `fromSrc` and `repo` are not allowed: they import an image from any source under any name.
  call('POST', '/images/create', 'pulls an image', { query: { fromImage: pullableImage, tag: /^[\w.:-]+$/ } }),
  // Without `force`: the engine keeps an image that a container uses.
  call('DELETE', `/images/${foreignImage}`, 'removes an image that it pulled and no agent uses'),
  call('GET', '/containers/json', 'what bears this installation’s label', { query: { all: flag, filters: anything } }),
  call('POST', '/containers/create', 'an agent’s container, and the short-lived ones beside it', {
    query: { name: new RegExp(`^${namePattern}$`) },
    body: container,
  }),
  call('GET', `/containers/${namePattern}/json`, 'the state of a container'),
  call('POST', `/containers/${namePattern}/start`, 'starts it'),
  call('POST', `/containers/${namePattern}/stop`, 'stops it', { query: { t: number } }),
  call('POST', `/containers/${namePattern}/wait`, 'waits for its end or removal', { query: { condition: /^[a-z-]+$/ } }),
  call('POST', `/containers/${namePattern}/pause`, 'pauses it while its files are read'),
  call('POST', `/containers/${namePattern}/unpause`, 'unpauses it'),
  call('DELETE', `/containers/${namePattern}`, 'removes it', { query: { force: flag, v: flag } }),
  call('POST', '/containers/[0-9a-f]{64}/rename', 'restores the name of an agent’s container that was renamed by hand', {
    query: { name: new RegExp(`^${namePattern}$`) },
    checksName: true,
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
  call('GET', `/volumes/${namePattern}`, 'its labels'),
  call('DELETE', `/volumes/${namePattern}`, 'removes it', { query: { force: flag } }),
  call('GET', '/networks', 'what bears this installation’s label', filters),
  call('POST', '/networks/create', 'an agent’s own network', { body: network }),
  call('GET', `/networks/${namePattern}`, 'its labels and its subnet'),
  call('DELETE', `/networks/${namePattern}`, 'removes it'),
];

const version = { version: /^\d+$/ };
const swarmId = '[a-z0-9]{25}';

/** The calls to a swarm's manager, in addition. */
export const swarmCalls: readonly AllowedCall[] = [
  call('GET', '/nodes', 'the nodes, whether they are reachable, their memory'),
  call('GET', `/nodes/${swarmId}`, 'the present version of a node’s description'),
  call('POST', `/nodes/${swarmId}/update`, 'whether a node takes agents', { query: version, body: nodeSpec, checksNode: true }),
  call('GET', '/services', 'the places of this installation’s agents', filters),
  call('POST', '/services/create', 'the place of an agent', { body: service }),
  call('GET', `/services/${namePattern}`, 'the place of an agent'),
  call('POST', `/services/${swarmId}/update`, 'pins a place to a node, or changes its size', { query: version, body: service }),
  call('DELETE', `/services/${namePattern}`, 'removes a place'),
  call('GET', '/tasks', 'the node that the swarm chose', filters),
];

/** API versions 1.41 and later. Older versions accept a HostConfig when a container is started, which would bypass the checks. */
const versioned = /^(\/v1\.(?:4[1-9]|[5-9]\d))(\/.*)$/s;

/** The decoded path after the version, or undefined for an unsafe path. Only the name of an image may be encoded. */
function decodePath(path: string): string | undefined {
  const decoded = path.startsWith('/images/') ? path.replaceAll(/%(2F|3A|40)/gi, (code) => decodeURIComponent(code)) : path;
  return /%|\/\.\.?(\/|$)|\/\//.test(decoded) ? undefined : decoded;
}

/** The parameters, encoded again, if each is allowed, occurs once, and matches its pattern; otherwise undefined. */
function checkQuery(search: string, allowed: Query): string | undefined {
  const parameters = [...new URLSearchParams(search)];
  if (new Set(parameters.map(([name]) => name)).size < parameters.length) return undefined;
  const isAllowed = ([name, value]: [string, string]) => Object.hasOwn(allowed, name) && allowed[name]?.test(value);
  return parameters.every(isAllowed) ? new URLSearchParams(parameters).toString() : undefined;
}

/** The allowed call that a request matches, of a swarm's manager too if `isSwarm`, with the address to forward it to; undefined if no call matches. */
export function allowedCall(method: string | undefined, url = '', isSwarm = false): { call: AllowedCall; address: string } | undefined {
  const [fullPath = '', ...rest] = url.split('?');
  const path = decodePath(versioned.exec(fullPath)?.[2] ?? '');
  const calls = isSwarm ? [...allowedCalls, ...swarmCalls] : allowedCalls;
  const match = path && calls.find((candidate) => candidate.method === method && candidate.path.test(path));
  const query = match && checkQuery(rest.join('?'), match.query ?? {});
  return match && query !== undefined ? { call: match, address: query ? `${fullPath}?${query}` : fullPath } : undefined;
}
