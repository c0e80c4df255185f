import Docker from 'dockerode';

/** Accesses agents' containers on an engine directly, without the backend. */
export function containersOn(docker = new Docker()) {
  const container = (id: string) => docker.getContainer(`openclaw-${id}`);

  /** Runs a shell command as the agent's user. @returns its output */
  async function shell(id: string, command: string): Promise<string> {
    const exec = await container(id).exec({ Cmd: ['sh', '-c', command], AttachStdout: true, Tty: true });
    return (await (await exec.start({ Tty: true })).toArray()).join('');
  }

  return {
    docker,
    container,
    shell,
    /** SHA-256 checksums of the files in the agent's folders `workspace` and `agents`. */
    checksums: (id: string) => shell(id, 'cd /home/node/.openclaw && find workspace agents -type f -exec sha256sum {} + | sort'),
    /** Writes the file `note` in the agent's workspace. */
    writeNote: (id: string, text: string) =>
      shell(id, `mkdir -p /home/node/.openclaw/workspace && echo ${text} > /home/node/.openclaw/workspace/note`),
    readNote: async (id: string) => (await shell(id, 'cat /home/node/.openclaw/workspace/note')).trim(),
    /** Counts the agent's containers, networks and volumes on the engine. */
    async countResources(id: string) {
      const filters = { label: [`agentbot.agent=${id}`] };
      const [containers, networks, volumes] = await Promise.all([
        docker.listContainers({ all: true, filters }),
        docker.listNetworks({ filters }),
        docker.listVolumes({ filters }),
      ]);
      return { containers: containers.length, networks: networks.length, volumes: volumes.Volumes?.length ?? 0 };
    },
  };
}

export type Containers = ReturnType<typeof containersOn>;
export const ONE_OF_EACH = { containers: 1, networks: 1, volumes: 1 };
export const NONE = { containers: 0, networks: 0, volumes: 0 };
