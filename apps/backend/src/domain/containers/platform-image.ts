import { versionInName } from '../../infra/docker/image-name.ts';
import type { Context } from '../context.ts';

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
