import type { Context } from '../context.ts';
import type { Step } from '../jobs/steps.ts';
import { openclawConfig, secretVariables } from '../openclaw/config-builder.ts';

/** A cold gateway needs half a minute on an idle machine. */
const WARMING_MS = 4 * 60_000;

/** A configuration with every channel that an agent can have, so that all of it is compiled. */
const everything = (version: string) =>
  openclawConfig({
    version,
    plan: 'network',
    target: { provider: 'custom', api: 'openai-completions', baseUrl: 'http://127.0.0.1:9/v1', gatewayName: 'custom', model: 'none' },
    fallbacks: [],
    has: { telegramToken: true, discordBotToken: true, whatsappToken: true, apiKey: true },
    ownerIds: ['1'],
    skills: {},
    origin: 'http://127.0.0.1:18789',
  });

function fill({ host, config }: Pick<Context, 'host' | 'config'>, image: string, version: string, signal: AbortSignal) {
  const configuration = JSON.stringify(everything(version));
  return host.fillStartCache(image, config.INSTALLATION, configuration, Object.keys(secretVariables), signal);
}

/** The stage in which an image's cache is filled, where that has not been done on this host. */
export async function warmStep(context: Context, image: string, version: string, step: Step): Promise<void> {
  const { filled } = await context.host.startCache(image, context.config.INSTALLATION);
  if (!filled) await step('warm', WARMING_MS, (signal) => fill(context, image, version, signal));
}

/** Fills the cache of the installation's default image, if that is present, before the first agent needs it. */
export async function warmPlatformImage(context: Context): Promise<void> {
  const { host, config, log, closing } = context;
  try {
    if (!(await host.available())) return;
    const { filled } = await host.startCache(config.OPENCLAW_IMAGE, config.INSTALLATION);
    if (filled) return;
    const { version } = await host.ensureImage(config.OPENCLAW_IMAGE, closing);
    await fill(context, config.OPENCLAW_IMAGE, version, AbortSignal.any([closing, AbortSignal.timeout(WARMING_MS)]));
    log.info({ image: config.OPENCLAW_IMAGE }, 'the image is warm');
  } catch (error) {
    if (!closing.aborted) log.warn({ err: error }, 'the image could not be warmed; the first agent will do it');
  }
}
