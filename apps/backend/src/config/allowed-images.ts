import { AppError, imageReference } from '@agentbot/contracts';
import type { Config } from './config.ts';

/** A repository at its registry, both written in full: `busybox` is `library/busybox` at `docker.io`. */
export interface Repository {
  registry: string;
  path: string;
}
/** What an operator allows: one repository, or with `below` all whose paths begin with `path`, which then ends with a slash. */
export interface AllowedRepository extends Repository {
  below: boolean;
}
type Settings = Pick<Config, 'OPENCLAW_IMAGE' | 'ALLOWED_IMAGES'>;

const DOCKER_HUB = 'docker.io';
const OFFICIAL: Repository = { registry: 'ghcr.io', path: 'openclaw/openclaw' };
/** `pnpm openclaw:image` builds it. Its name at Docker Hub may be anybody's, so it is never pulled. */
const BUILT_HERE: Repository = { registry: DOCKER_HUB, path: 'agentbot/openclaw' };

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

const isSame = (a: Repository, b: Repository | undefined) => a.registry === b?.registry && a.path === b.path;
const isIn = (repository: Repository, { registry, path, below }: AllowedRepository) =>
  below ? repository.registry === registry && repository.path.startsWith(path) : isSame(repository, { registry, path });

/** Whether the engine may be told to pull an image. */
export function mayPull(image: string, { OPENCLAW_IMAGE, ALLOWED_IMAGES }: Settings): boolean {
  const repository = repositoryOf(image);
  if (!repository) return false;
  if (ALLOWED_IMAGES.some((allowed) => isIn(repository, allowed))) return true;
  return !isSame(repository, BUILT_HERE) && (isSame(repository, OFFICIAL) || isSame(repository, repositoryOf(OPENCLAW_IMAGE)));
}

/**
 * Refuses an image that an agent may not be moved to: a registry could send the engine, which runs as root in the host's network,
 * to any address.
 * @throws AppError INVALID_REQUEST
 */
export function requireAllowedImage(image: string, settings: Settings): void {
  const repository = repositoryOf(image);
  if (!repository) throw new AppError('INVALID_REQUEST', 'Invalid Docker image name');
  if (isSame(repository, BUILT_HERE) || mayPull(image, settings)) return;
  throw new AppError(
    'INVALID_REQUEST',
    `This installation does not run images of ${repository.registry}/${repository.path}: use ${settings.OPENCLAW_IMAGE}, or ask its operator to add the repository to ALLOWED_IMAGES`,
  );
}
