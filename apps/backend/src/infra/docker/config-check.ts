import { randomUUID } from 'node:crypto';
import { AppError } from '@agentbot/contracts';
import type Docker from 'dockerode';
import type { ContainerHost } from './container-host.ts';
import { AGENT_UID, type Confinement, OPENCLAW_FUNCTION } from './container-options.ts';
import { bodyAndQuery, call } from './engine-client.ts';
import { DATA_FOLDER } from './layout.ts';
import { packFiles } from './volume-tar.ts';

const PLUGINS_MARK = '--plugins--';
const PRINT_PLUGIN_IDS =
  "const list = JSON.parse(require('fs').readFileSync(0)); console.log(JSON.stringify(list.plugins.map(({ id }) => id)))";
/**
 * Runs OpenClaw's validator. With the argument `plugins` it also lists the image's plugins, because the validator ignores
 * missing ones.
 */
const CHECK = `${OPENCLAW_FUNCTION}
run config validate --json || exit
[ "$1" = plugins ] || exit 0
echo; echo ${PLUGINS_MARK}
run plugins list --json 2> /dev/null | node -e "${PRINT_PLUGIN_IDS}"`;

/**
 * Parses the output of `openclaw config validate --json`: one line per issue.
 * @throws AppError OPERATION_FAILED when the output is not valid or names no reason
 */
function validationIssues(output: string, image: string): string[] {
  try {
    const { issues = [], error } = JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1)) as {
      issues?: { path: string; message: string }[];
      error?: string | { message: string };
    };
    // Newer versions print a general error beside the issues; the issues are more precise.
    if (issues.length > 0) return issues.map(({ path, message }) => (path ? `${path}: ${message}` : message));
    if (!error) throw new Error('The validator failed without a reason');
    return [typeof error === 'string' ? error : error.message];
  } catch (cause) {
    throw new AppError('OPERATION_FAILED', `The image ${image} could not check the agent's configuration`, { cause });
  }
}

/**
 * Compares the plugin list in the check's output with the required plugins: one line per missing plugin.
 * @throws AppError OPERATION_FAILED when the output contains no list
 */
function missingPlugins(output: string, required: string[], image: string): string[] {
  try {
    const installed: string[] = JSON.parse(output.slice(output.lastIndexOf(PLUGINS_MARK) + PLUGINS_MARK.length));
    return required.filter((id) => !installed.includes(id)).map((id) => `this image does not have the plugin ${id}`);
  } catch (cause) {
    throw new AppError('OPERATION_FAILED', `The image ${image} could not list its plugins`, { cause });
  }
}

interface Parts extends Pick<ContainerHost, 'logTail'> {
  docker: Docker;
  /** The security options of every container. */
  confined: Confinement;
  /** Waits until a container exits. */
  exitCodeOf: (name: string) => Promise<number>;
}

/** The part of the container host that validates configurations: it runs the image's own OpenClaw on one Docker Engine. */
export function createConfigCheck({ docker, confined, exitCodeOf, logTail }: Parts): Pick<ContainerHost, 'validateConfig'> {
  return {
    async validateConfig(image, installation, { configuration, variables, plugins }, signal) {
      const name = `openclaw-check.${randomUUID()}`;
      const created = await call(
        docker.createContainer(
          bodyAndQuery(
            {
              Image: image,
              Labels: { 'agentbot.installation': installation },
              User: `${AGENT_UID}:${AGENT_UID}`,
              Env: ['NODE_ENV=production', ...variables.map((name) => `${name}=set`)],
              Entrypoint: ['sh', '-c', CHECK, 'sh'],
              Cmd: plugins.length > 0 ? ['plugins'] : [],
              WorkingDir: DATA_FOLDER,
              HostConfig: {
                ...confined,
                // A runtime such as gVisor has threads of its own in the container.
                PidsLimit: 512,
                Memory: 1024 ** 3,
                MemorySwap: 1024 ** 3,
                NetworkMode: 'none',
                LogConfig: { Type: 'json-file', Config: {} },
                // An anonymous volume: the engine removes it with the container.
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
      const removeOnAbort = () => void remove().catch(() => undefined);
      signal.addEventListener('abort', removeOnAbort, { once: true });
      try {
        await call(container.putArchive(packFiles([{ path: 'openclaw.json', content: configuration }]), { path: DATA_FOLDER }));
        await call(container.start(), [400]);
        const exitCode = await exitCodeOf(name);
        const output = await logTail(name, 200);
        if (exitCode !== 0 && !output.includes(PLUGINS_MARK)) return validationIssues(output, image);
        return plugins.length > 0 ? missingPlugins(output, plugins, image) : [];
      } finally {
        signal.removeEventListener('abort', removeOnAbort);
        await remove();
      }
    },
  };
}
