import type { LookupFunction } from 'node:net';
import { imageReference } from '@agentbot/contracts';
import { Agent, fetch, type Response } from 'undici';
import { z } from 'zod';
import { DOCKER_HUB, repositoryOf } from '../../config/allowed-images.ts';
import { addressesOf, hostOf, mayReach, reachableLookup } from '../openclaw/model-endpoint.ts';

const TIMEOUT_MS = 30_000;
/** The maximum that registries themselves accept. @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const descriptor = z.object({ size: z.int().nonnegative(), digest: z.string() });
const manifest = z.object({ config: descriptor, layers: z.array(descriptor) });
const index = z.object({
  manifests: z.array(descriptor.extend({ platform: z.object({ os: z.string(), architecture: z.string() }).optional() })),
});
const token = z.union([
  z.object({ token: z.string().min(1) }).transform((body) => body.token),
  z.object({ access_token: z.string().min(1) }).transform((body) => body.access_token),
]);

/** The engine's platform, in the words of image manifests. */
export interface Platform {
  os: string;
  architecture: string;
}

/** Thrown when a registry does not have an image, or not for everybody. */
export class ImageNotOfferedError extends Error {}

type Get = (url: URL, headers: Record<string, string>) => Promise<Response>;

async function readJson(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_MANIFEST_BYTES) throw new Error('The answer of the registry is too long');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}

/** The parameters of a Bearer challenge. @see https://distribution.github.io/distribution/spec/auth/token/ */
function challengeOf(response: Response): Record<string, string> | undefined {
  const [, parameters] = /^bearer (.*)$/is.exec(response.headers.get('www-authenticate') ?? '') ?? [];
  return parameters === undefined
    ? undefined
    : Object.fromEntries([...parameters.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name.toLowerCase(), value]));
}

/**
 * Asks the token service that a registry names for an anonymous token. The engine would call the same address as root, so an
 * address that is not public is refused, unless the registry's own is not public either; the metadata service always is.
 */
async function readToken(
  registry: URL,
  { realm = '', service }: Record<string, string>,
  path: string,
  signal: AbortSignal,
): Promise<string> {
  const url = new URL(realm);
  const registryAddresses = await addressesOf(hostOf(registry));
  const isPrivate = registryAddresses.some((address) => !mayReach(address, false));
  const addresses = await addressesOf(hostOf(url));
  const isSecure = url.protocol === 'https:' || (url.protocol === 'http:' && registry.protocol === 'http:');
  if (!isSecure || addresses.length === 0 || !addresses.every((address) => mayReach(address, isPrivate))) {
    throw new Error('The registry names an address for tokens that the backend does not call');
  }
  if (service) url.searchParams.set('service', service);
  url.searchParams.set('scope', `repository:${path}:pull`);
  const response = await getter(reachableLookup(isPrivate), signal)(url, {});
  if (!response.ok) throw new ImageNotOfferedError(`The token service of the registry answered ${response.status}`);
  return token.parse(await readJson(response));
}

/** A function that makes GET requests and follows no redirect. */
function getter(lookup: LookupFunction, signal: AbortSignal): Get {
  const dispatcher = new Agent({ connect: { lookup } });
  return (url, headers) => fetch(url, { headers, dispatcher, redirect: 'error', signal });
}

/** Reads one manifest, after the registry's challenge with a token. */
async function readManifest(base: URL, path: string, reference: string, signal: AbortSignal): Promise<unknown> {
  // The operator has listed the registry, so it may be at a private address.
  const get = getter(reachableLookup(true), signal);
  const url = new URL(`/v2/${path}/manifests/${reference}`, base);
  let response = await get(url, { accept: ACCEPT });
  const challenge = response.status === 401 ? challengeOf(response) : undefined;
  if (challenge) {
    await response.body?.cancel();
    response = await get(url, { accept: ACCEPT, authorization: `Bearer ${await readToken(base, challenge, path, signal)}` });
  }
  if ([401, 403, 404].includes(response.status)) throw new ImageNotOfferedError(`The registry answered ${response.status}`);
  if (!response.ok) throw new Error(`The registry answered ${response.status}`);
  return readJson(response);
}

/** The base URLs of a registry, in the order in which the engine tries them: a registry on this machine may use plain HTTP. */
function baseUrls(registry: string): URL[] {
  const host = registry === DOCKER_HUB ? 'registry-1.docker.io' : registry;
  const secure = new URL(`https://${host}`);
  return /^(localhost|127\.\d+\.\d+\.\d+)(:\d+)?$/.test(host) ? [secure, new URL(`http://${host}`)] : [secure];
}

/**
 * Reads from an image's manifest how many bytes a pull transfers: its layers, compressed, and its configuration.
 * @param image a valid image name
 * @throws ImageNotOfferedError when the registry has no such image for anonymous clients; Error when it cannot be asked
 */
export async function imageDownloadBytes(image: string, platform: Platform, signal: AbortSignal): Promise<number> {
  const repository = repositoryOf(image);
  if (!repository) throw new Error('The name of the image does not parse');
  const { registry, path } = repository;
  const { tag = 'latest', digest } = imageReference.exec(image)?.groups ?? {};
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const [first, ...others] = baseUrls(registry) as [URL, ...URL[]];
  let base = first;
  let document = await readManifest(base, path, digest ?? tag, limited).catch(async (error) => {
    const [plain] = others;
    if (!plain || error instanceof ImageNotOfferedError || limited.aborted) throw error;
    base = plain;
    return readManifest(plain, path, digest ?? tag, limited);
  });
  const list = index.safeParse(document);
  if (list.success) {
    const { os, architecture } = platform;
    const own = list.data.manifests.find((each) => each.platform?.os === os && each.platform.architecture === architecture);
    if (!own) throw new ImageNotOfferedError(`The image has no variant for ${os}/${architecture}`);
    document = await readManifest(base, path, own.digest, limited);
  }
  const { config, layers } = manifest.parse(document);
  return [config, ...layers].reduce((sum, { size }) => sum + size, 0);
}
