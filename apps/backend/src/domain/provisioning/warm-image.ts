import { AppError } from '@agentbot/contracts';
import { factsOf } from '@agentbot/openclaw-image/versions';
import { openclawConfig, secretVariables } from '../../infra/openclaw/config-builder.ts';
import type { Context } from '../context.ts';
import { Skipped, type Step } from '../operations/steps.ts';

/** A cold gateway needs half a minute on an idle machine. */
const WARMING_MS = 4 * 60_000;
/** The grace period for the removal of a container that did not become ready. */
const GRACE_MS = 30_000;

/** A configuration with every channel that an agent can have, so that OpenClaw compiles all plugins. */
const allChannelsConfig = (version: string) =>
  openclawConfig({
    version,
    plan: 'network',
    modelGateway: 'http://127.0.0.1:9',
    target: { provider: 'custom', api: 'openai-completions', baseUrl: 'http://127.0.0.1:9/v1', gatewayName: 'custom', model: 'none' },
    fallbacks: [],
    has: { telegramToken: true, discordBotToken: true, whatsappToken: true, slackBotToken: true, slackAppToken: true, apiKey: true },
    ownerIds: ['1'],
    skills: {},
    origin: 'http://127.0.0.1:18789',
  });

function fillCache({ host, config }: Pick<Context, 'host' | 'config'>, image: string, version: string, signal: AbortSignal) {
  const request = {
    configuration: JSON.stringify(allChannelsConfig(version)),
    variables: Object.keys(secretVariables),
    timeoutMs: WARMING_MS,
  };
  return host.fillStartCache(image, config.INSTALLATION, request, signal);
}

/**
 * The step that fills an image's start cache on this host, if its OpenClaw transpiles plugins and the cache is empty. A
 * failure is a warning: the agent starts without a cache, which takes longer.
 */
export async function warmStep(context: Context, image: string, version: string, step: Step): Promise<void> {
  if (!factsOf(version).transpiles) return;
  const { filled } = await context.host.startCache(image, context.config.INSTALLATION);
  if (filled) return;
  await step('warm', WARMING_MS + GRACE_MS, async (signal) => {
    try {
      await fillCache(context, image, version, signal);
    } catch (error) {
      if (signal.aborted || (error instanceof AppError && error.code === 'DOCKER_UNAVAILABLE')) throw error;
      context.log.warn({ err: error, image }, 'the image could not be warmed; its agents start without a cache');
      const reason = error instanceof AppError ? error.message : 'The image could not be warmed';
      return new Skipped(`${reason}. The agent starts without a cache, which takes longer`);
    }
  });
}

/** Fills the start cache of the installation's default image before the first agent needs it. Needs an engine. */
export async function warmPlatformImage(context: Context): Promise<void> {
  const { host, config, log, closing } = context;
  try {
    if (!(await host.available())) return;
    const { filled } = await host.startCache(config.OPENCLAW_IMAGE, config.INSTALLATION);
    if (filled) return;
    const { version } = await host.ensureImage(config.OPENCLAW_IMAGE, closing);
    if (!factsOf(version).transpiles) return;
    await fillCache(context, config.OPENCLAW_IMAGE, version, closing);
    log.info({ image: config.OPENCLAW_IMAGE }, 'the image is warm: its start cache is filled');
  } catch (error) {
    if (!closing.aborted) log.warn({ err: error }, 'the image could not be warmed; the first agent will do it');
  }
}
