import { AppError, type OpenclawVersion } from '@agentbot/contracts';
import { factsOf, isRelease, offeredVersions, recommendedVersion } from '@agentbot/openclaw-image/versions';
import { versionInName } from '../../infra/docker/image-name.ts';
import type { Context } from '../context.ts';
import { isPullAllowed } from './image-policy.ts';

type Slice = Pick<Context, 'database' | 'config'>;

/** Records, at the start of the backend, when OPENCLAW_IMAGE became the platform image. */
export async function recordPlatformImage({ database, config }: Slice): Promise<void> {
  const image = config.OPENCLAW_IMAGE;
  await database.as('service', async (tx) => {
    const last = await tx.platformImage.findFirst({ orderBy: { deployedAt: 'desc' } });
    if (last?.image === image) return;
    const deployedAt = new Date();
    await tx.platformImage.upsert({ where: { image }, create: { image, deployedAt }, update: { deployedAt } });
  });
}

/** The image of new agents, its OpenClaw version, and when it was deployed. */
export async function getOpenclawVersion({ database, config }: Slice) {
  const image = config.OPENCLAW_IMAGE;
  const row = await database.as('service', (tx) => tx.platformImage.findUniqueOrThrow({ where: { image } }));
  return { openclawVersion: versionInName(image) ?? 'unknown', image, deployedAt: row.deployedAt.toISOString() };
}

/** The image of an OpenClaw version: the platform image's repository with the version as its tag. */
export function imageOfVersion(version: string, { OPENCLAW_IMAGE: image }: Pick<Slice['config'], 'OPENCLAW_IMAGE'>): string {
  return (versionInName(image) ?? 'unknown') === version ? image : `${image.replace(/(:[^:/@]+)?(@.*)?$/, '')}:${version}`;
}

/** An image on the host: null when the host does not have it, undefined while the engine does not answer. */
async function findImage(image: string, host: Context['host']) {
  if (!(await host.available())) return undefined;
  return host.findImage(image).catch((error) => {
    // `available` may remember an engine that has gone since.
    if (error instanceof AppError && error.code === 'DOCKER_UNAVAILABLE') return undefined;
    throw error;
  });
}

/** A version that the list offers. */
async function versionView(version: string, { config, host }: Pick<Context, 'config' | 'host'>): Promise<OpenclawVersion> {
  const image = imageOfVersion(version, config);
  const here = await findImage(image, host);
  // A tag such as `stable` names no release, but the image's label does.
  const release = [version, here?.version ?? ''].find(isRelease);
  const facts = release === undefined ? null : factsOf(release);
  return {
    version,
    image,
    availability: here === undefined ? null : here ? 'present' : isPullAllowed(image, config) ? 'pullable' : 'missing',
    sizeBytes: here?.sizeBytes ?? null,
    memory: facts && { ...facts.memory },
    readySeconds: facts?.readySeconds ?? null,
    sessions: facts && (facts.storage === 'jsonl' ? 'files' : facts.storage),
    channels: [...(facts?.bundledChannels ?? [])],
    packagedChannels: [...(facts?.addedChannels ?? [])],
    knownBad: facts?.knownBad ?? null,
    notes: [...(facts?.notes ?? [])],
  };
}

/**
 * The versions of OpenClaw that an agent may run: those that the platform was tried with, and the version of the platform
 * image.
 */
export async function listOpenclawVersions(context: Pick<Context, 'config' | 'host'>) {
  const platformVersion = versionInName(context.config.OPENCLAW_IMAGE) ?? 'unknown';
  const names = offeredVersions.includes(platformVersion) ? offeredVersions : [...offeredVersions, platformVersion];
  const versions = await Promise.all(names.map((version) => versionView(version, context)));
  return { default: platformVersion, recommended: recommendedVersion, versions };
}

/**
 * The image of a new agent for the version that its owner named; null for the platform image.
 * @throws AppError INVALID_REQUEST for a version that this installation does not offer
 */
export async function imageOfNewAgent(context: Pick<Context, 'config' | 'host'>, version: string | undefined): Promise<string | null> {
  if (version === undefined) return null;
  const { versions } = await listOpenclawVersions(context);
  const offered = versions.find((each) => each.version === version && each.availability !== 'missing');
  if (offered) return offered.image;
  const available = versions.filter(({ availability }) => availability !== 'missing').map((each) => each.version);
  throw new AppError('INVALID_REQUEST', `This installation does not offer OpenClaw ${version}. It offers ${available.join(', ')}`);
}
