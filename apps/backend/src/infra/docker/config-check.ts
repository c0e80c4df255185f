import { randomUUID } from 'node:crypto';
import { AppError } from '@agentbot/contracts';
import type Docker from 'dockerode';
import type { ContainerHost } from './container-host.ts';
import { AGENT_UID, confinement } from './container-options.ts';
import { call, describeError } from './engine-client.ts';
import { DATA_FOLDER } from './layout.ts';
import { archive } from './volume-tar.ts';

const PLUGINS_MARK = '--plugins--';
const PRINT_PLUGIN_IDS =
  "const list = JSON.parse(require('fs').readFileSync(0)); console.log(JSON.stringify(list.plugins.map(({ id }) => id)))";
/**
 * Asks OpenClaw's validator, and with the argument `plugins` also which plugins it has: its validator passes over those that
 * it lacks. OpenClaw's program is on the PATH, or where images made from its repository have it.
 */
const CHECK = `run() { if command -v openclaw > /dev/null; then openclaw "$@"; else node /app/openclaw.mjs "$@"; fi; }
run config validate --json || exit
[ "$1" = plugins ] || exit 0
echo; echo ${PLUGINS_MARK}
run plugins list --json 2> /dev/null | node -e "${PRINT_PLUGIN_IDS}"`;

/** What `openclaw config validate --json` said, a line for each point. @throws AppError OPERATION_FAILED when it said nothing of use */
function refusals(output: string, image: string): string[] {
  try {
    const { issues = [], error } = JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1)) as {
      issues?: { path: string; message: string }[];
      error?: string | { message: string };
    };
    // Newer versions send both: a general error, and the points.
    if (issues.length > 0) return issues.map(({ path, message }) => (path ? `${path}: ${message}` : message));
    if (!error) throw new Error('The validator failed and gave no reason');
    return [typeof error === 'string' ? error : error.message];
  } catch (cause) {
    throw new AppError('OPERATION_FAILED', `The image ${image} could not check the agent's configuration`, { cause });
  }
}

/** Which of the plugins an image lacks, by what the check printed. @throws AppError OPERATION_FAILED when it printed no list */
function missingPlugins(output: string, wanted: string[], image: string): string[] {
  try {
    const present: string[] = JSON.parse(output.slice(output.lastIndexOf(PLUGINS_MARK) + PLUGINS_MARK.length));
    return wanted.filter((id) => !present.includes(id)).map((id) => `this image does not have the plugin ${id}`);
  } catch (cause) {
    throw new AppError('OPERATION_FAILED', `The image ${image} could not list its plugins`, { cause });
  }
}

interface Parts extends Pick<ContainerHost, 'logTail'> {
  docker: Docker;
  /** Waits for a container's end. */
  exitCodeOf: (name: string) => Promise<number>;
}

/** The check of configurations by the OpenClaw in an image, on one Docker Engine. */
export function createConfigCheck({ docker, exitCodeOf, logTail }: Parts): Pick<ContainerHost, 'validateConfig'> {
  return {
    async validateConfig(image, installation, { configuration, variables, plugins }, signal) {
      const name = `openclaw-check.${randomUUID()}`;
      const created = await call(
        docker.createContainer(
          describeError(
            {
              Image: image,
              Labels: { 'agentbot.installation': installation },
              User: `${AGENT_UID}:${AGENT_UID}`,
              Env: ['NODE_ENV=production', ...variables.map((name) => `${name}=set`)],
              Entrypoint: ['sh', '-c', CHECK, 'sh'],
              Cmd: plugins.length > 0 ? ['plugins'] : [],
              WorkingDir: DATA_FOLDER,
              HostConfig: {
                ...confinement,
                PidsLimit: 64,
                Memory: 1024 ** 3,
                MemorySwap: 1024 ** 3,
                NetworkMode: 'none',
                LogConfig: { Type: 'json-file', Config: {} },
                // Without a name, so that it goes with the container.
                Mounts: [{ Type: 'volume', Source: '', Target: DATA_FOLDER }],
              },
            },
            { name },
          ),
        ),
      );
      if (!created) throw new Error('The engine created no container');
      const container = docker.getContainer(name);
      const remove = () => call(container.remove({ force: true, v: true }), [404, 409]);
      const giveUp = () => void remove().catch(() => undefined);
      signal.addEventListener('abort', giveUp, { once: true });
      try {
        await call(container.putArchive(archive([{ path: 'openclaw.json', content: configuration }]), { path: DATA_FOLDER }));
        await call(container.start(), [400]);
        const exitCode = await exitCodeOf(name);
        const output = await logTail(name, 200);
        if (exitCode !== 0 && !output.includes(PLUGINS_MARK)) return refusals(output, image);
        return plugins.length > 0 ? missingPlugins(output, plugins, image) : [];
      } finally {
        signal.removeEventListener('abort', giveUp);
        await remove();
      }
    },
  };
}
