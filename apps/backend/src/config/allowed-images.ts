import { imageReference } from '@agentbot/contracts';

/** A repository at its registry, both written in full: `busybox` is `library/busybox` at `docker.io`. */
export interface Repository {
  registry: string;
  path: string;
}
/** What an operator allows: one repository, or with `below` all whose paths begin with `path`, which then ends with a slash. */
export interface AllowedRepository extends Repository {
  below: boolean;
}

export const DOCKER_HUB = 'docker.io';

/** The repository in an image's name; undefined when that is none. @see https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed */
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
  if (!repository) throw new Error(`entry ${number} is no repository: write ghcr.io/acme/openclaw, or ghcr.io/acme/* for all below`);
  const { registry, tag, digest } = imageReference.exec(name)?.groups ?? {};
  if (tag || digest) throw new Error(`entry ${number} has a tag or a digest: give the repository alone`);
  if (!registry && /^(localhost$|[^/]*\.[^/]*$)/.test(name)) {
    throw new Error(`entry ${number} is a registry: end it with /* for all of its repositories`);
  }
  return below ? { ...repository, path: repository.path.slice(0, -'x/x'.length), below } : { ...repository, below };
}

/** The repositories in a list with commas. @throws Error with a sentence for an entry that is none; it repeats no entry */
export function parseAllowedImages(list: string): AllowedRepository[] {
  const entries = list.split(',').flatMap((entry) => entry.trim() || []);
  return entries.map((entry, index) => parseEntry(entry, index + 1));
}
