/** Names the backend gives. It never names by id, so that other containers of the engine cannot be meant. */
const ours = 'openclaw-[A-Za-z0-9_.-]+';
const image = '[A-Za-z0-9][A-Za-z0-9_./:@-]*';

interface AllowedCall {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Of the path after its version. */
  path: RegExp;
  why: string;
}

const call = (method: AllowedCall['method'], path: string, why: string): AllowedCall => ({ method, path: new RegExp(`^${path}$`), why });

/** Everything the backend asks of the engine; whatever is not here, it neither needs nor gets. */
export const allowedCalls: readonly AllowedCall[] = [
  call('GET', '/_ping', 'whether the engine answers'),
  call('GET', '/info', 'memory and CPUs that limits are capped by'),
  call('GET', '/events', 'containers that start, stop or die'),
  call('GET', `/images/${image}/json`, 'whether an image is here, its version, what it starts'),
  call('POST', '/images/create', 'pulls an image'),
  call('GET', '/containers/json', 'what bears this installation’s label'),
  call('POST', '/containers/create', 'an agent’s container, and the short-lived ones beside it'),
  call('GET', `/containers/${ours}/json`, 'the state of a container'),
  call('POST', `/containers/${ours}/start`, 'starts it'),
  call('POST', `/containers/${ours}/stop`, 'stops it'),
  call('POST', `/containers/${ours}/wait`, 'waits for its end or removal'),
  call('POST', `/containers/${ours}/pause`, 'holds it while its files are read'),
  call('POST', `/containers/${ours}/unpause`, 'lets it go on'),
  call('DELETE', `/containers/${ours}`, 'removes it'),
  call('GET', `/containers/${ours}/logs`, 'an agent’s log'),
  call('GET', `/containers/${ours}/stats`, 'what an agent uses'),
  call('GET', `/containers/${ours}/archive`, 'an agent’s data, for a backup'),
  call('PUT', `/containers/${ours}/archive`, 'its configuration, and data from a backup'),
  call('GET', '/volumes', 'what bears this installation’s label'),
  call('POST', '/volumes/create', 'an agent’s data'),
  call('GET', `/volumes/${ours}`, 'whose it is'),
  call('DELETE', `/volumes/${ours}`, 'removes it'),
  call('GET', '/networks', 'what bears this installation’s label'),
  call('POST', '/networks/create', 'an agent’s own network'),
  call('GET', `/networks/${ours}`, 'whose it is, and its subnet'),
  call('DELETE', `/networks/${ours}`, 'removes it'),
];

/** The call that a request is, if it is an allowed one. `url` may begin with a version. */
export function allowedCall(method: string | undefined, url: string | undefined): AllowedCall | undefined {
  const [path = ''] = (url ?? '').split('?');
  const unversioned = path.replace(/^\/v1\.\d+(?=\/)/, '');
  if (/%|\/\.\.?(\/|$)|\/\//.test(unversioned)) {
    // An image's name is the one thing that is sent encoded.
    const decoded = unversioned.replaceAll(/%(2F|3A|40)/gi, (code) => decodeURIComponent(code));
    if (/%|\/\.\.?(\/|$)|\/\//.test(decoded) || !decoded.startsWith('/images/')) return undefined;
    return allowedCalls.find((each) => each.method === method && each.path.test(decoded));
  }
  return allowedCalls.find((each) => each.method === method && each.path.test(unversioned));
}
