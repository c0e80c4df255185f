import { imageReference } from '@agentbot/contracts';

/** An image repository in its full form: `busybox` is `library/busybox` at `docker.io`. */
export interface Repository {
  registry: string;
  path: string;
}
/** An entry of ALLOWED_IMAGES: one repository, or with `below` all repositories under `path`, which then ends in a slash. */
export interface AllowedRepository extends Repository {
  below: boolean;
}

/** The registry of images whose name has none. */
export const DOCKER_HUB = 'docker.io';

/**
 * The repository of an image name; undefined for an invalid name.
 * @see https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed
 */
export function repositoryOf(image: string): Repository | undefined {
  const { registry = DOCKER_HUB, path } = imageReference.exec(image)?.groups ?? {};
  if (!path) return undefined;
  if (registry !== DOCKER_HUB && registry !== 'index.docker.io') return { registry, path };
  return { registry: DOCKER_HUB, path: path.includes('/') ? path : `library/${path}` };
}

function parseEntry(entry: string, number: number): AllowedRepository {
  const below = entry.endsWith('/*');
  const name = below ? `${entry.slice(0, -2)}/x/x` : entry;
  const repository = repositoryOf(name);
  if (!repository)
    throw new Error(`entry ${number} is no repository: write ghcr.io/acme/openclaw, or ghcr.io/acme/* for all repositories below`);
  // Stryker disable next-line OptionalChaining: a name with a repository matches
  const { registry, tag, digest } = imageReference.exec(name)?.groups ?? {};
  if (tag || digest) throw new Error(`entry ${number} has a tag or a digest: write only the repository`);
  if (!registry && /^(localhost$|[^/]*\.)/.test(name)) {
    throw new Error(`entry ${number} is a registry: end it with /* to allow all its repositories`);
  }
  return below ? { ...repository, path: repository.path.slice(0, -'x/x'.length), below } : { ...repository, below };
}

/** Parses a comma-separated list of repositories. @throws Error that names an invalid entry by position, never its text */
export function parseAllowedImages(list: string): AllowedRepository[] {
  const entries = list.split(',').flatMap((entry) => entry.trim() || []);
  return entries.map((entry, index) => parseEntry(entry, index + 1));
}
