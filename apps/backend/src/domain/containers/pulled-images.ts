import { msAgo } from '../../shared/clock.ts';
import type { Context } from '../context.ts';

/** An unused image stays this long: a failed update is often tried again. */
const KEEP_MS = 3_600_000;

/** Records, before a pull, that this installation pulls an image. */
export async function recordPull({ database, clock }: Pick<Context, 'database' | 'clock'>, image: string): Promise<void> {
  const pulledAt = clock.now();
  await database.as('service', (tx) => tx.pulledImage.upsert({ where: { image }, create: { image, pulledAt }, update: { pulledAt } }));
}

/** The pulled images that no agent and no operation in flight uses, and that are not the platform's. */
async function unusedImages({ database, config, clock }: Pick<Context, 'database' | 'config' | 'clock'>): Promise<string[]> {
  const rows = await database.as(
    'service',
    (tx) => tx.$queryRaw<{ image: string }[]>`
      SELECT image FROM pulled_images p
      WHERE pulled_at < ${msAgo(clock, KEEP_MS)}::timestamptz AND image <> ${config.OPENCLAW_IMAGE}
        AND NOT EXISTS (SELECT FROM agents a WHERE a.image = p.image OR a.container_spec->>'image' = p.image)
        AND NOT EXISTS (SELECT FROM operations o WHERE o.finished_at IS NULL
          AND p.image IN (o.input->>'image', o.agent_before->>'image', o.result->'spec'->>'image'))`,
  );
  return rows.map(({ image }) => image);
}

/** Removes the images that this installation pulled and no agent uses any more. An image in use elsewhere on the engine stays. */
export async function removeUnusedImages(context: Pick<Context, 'database' | 'config' | 'clock' | 'host' | 'log'>): Promise<void> {
  const { database, config, host, log } = context;
  if (!(await host.available())) return;
  for (const image of await unusedImages(context)) {
    try {
      if (!(await host.removeImage(image, config.INSTALLATION))) continue;
      await database.as('service', (tx) => tx.pulledImage.deleteMany({ where: { image } }));
      log.info({ image }, 'an image that no agent uses was removed');
    } catch (error) {
      log.warn({ err: error, image }, 'an unused image could not be removed; the next run retries it');
    }
  }
}
