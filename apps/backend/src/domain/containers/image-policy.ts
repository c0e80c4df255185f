import { AppError } from '@agentbot/contracts';
import { type AllowedRepository, DOCKER_HUB, type Repository, repositoryOf } from '../../config/allowed-images.ts';
import type { Config } from '../../config/config.ts';

type Settings = Pick<Config, 'OPENCLAW_IMAGE' | 'ALLOWED_IMAGES'>;

const isSame = (a: Repository, b: Repository | undefined) => a.registry === b?.registry && a.path === b.path;

const isIn = (repository: Repository, { registry, path, below }: AllowedRepository) =>
  below ? repository.registry === registry && repository.path.startsWith(path) : isSame(repository, { registry, path });

/** Whether the engine may pull an image. */
export function isPullAllowed(image: string, { OPENCLAW_IMAGE, ALLOWED_IMAGES }: Settings): boolean {
  const repository = repositoryOf(image);
  if (!repository) return false;
  if (ALLOWED_IMAGES.some((allowed) => isIn(repository, allowed))) return true;
  return !isSame(repository, BUILT_HERE) && (isSame(repository, OFFICIAL) || isSame(repository, repositoryOf(OPENCLAW_IMAGE)));
}

/**
 * Refuses an image outside the allowed repositories. The engine runs as root in the host's network, and a hostile registry
 * could redirect it to any address.
 * @throws AppError INVALID_REQUEST
 */
export function requireAllowedImage(image: string, settings: Settings): void {
  const repository = repositoryOf(image);
  if (!repository) throw new AppError('INVALID_REQUEST', 'Invalid Docker image name');
  if (isSame(repository, BUILT_HERE) || isPullAllowed(image, settings)) return;
  throw new AppError(
    'INVALID_REQUEST',
    `This installation does not run images of ${repository.registry}/${repository.path}: use ${settings.OPENCLAW_IMAGE}, or ask its operator to add the repository to ALLOWED_IMAGES`,
  );
}

const OFFICIAL: Repository = { registry: 'ghcr.io', path: 'openclaw/openclaw' };

/** Built locally by `pnpm openclaw:image`. Never pulled: the name on Docker Hub may belong to a stranger. */
const BUILT_HERE: Repository = { registry: DOCKER_HUB, path: 'agentbot/openclaw' };
