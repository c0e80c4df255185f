import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Docker from 'dockerode';
import { pack } from 'tar-stream';

/**
 * The failure of a stand-in: it exits at once (`dies`), is `never-ready`, `refuses` every configuration, `corrupts` its data and
 * exits, refuses `connect` with an error that contains a secret of the agent (`rejects-platform`), exits with 78 until its
 * doctor has run (`needs-doctor`) or always (`never-repaired`), exits with 1 and asks for doctor until it has run (`asks-for-doctor`), reports another model than its configuration's
 * (`other-model`), or, when a configuration is applied to it, refuses it (`refuses-apply`), says that it is applied and keeps its own
 * (`ignores-apply`), or asks for a restart (`restarts-to-apply`). It does not offer the method (`cannot-apply`).
 */
export type Failure =
  | 'dies'
  | 'never-ready'
  | 'refuses'
  | 'corrupts'
  | 'rejects-platform'
  | 'needs-doctor'
  | 'asks-for-doctor'
  | 'never-repaired'
  | 'other-model'
  | 'refuses-apply'
  | 'ignores-apply'
  | 'restarts-to-apply'
  | 'cannot-apply';

/**
 * Builds an image in which a small program replaces OpenClaw.
 * @param from an image with Node.js and the package `ws` in /app
 * @param version the version that the image's label states; by default that of `from`
 * @returns a function that removes the image
 */
export async function makeStandIn(from: string, name: string, failure?: Failure, version?: string): Promise<() => Promise<void>> {
  const docker = new Docker();
  const container = await docker.createContainer({ Image: from });
  const tar = pack();
  tar.entry({ name: 'stand-in/package.json' }, '{"type":"module"}');
  tar.entry({ name: 'stand-in/openclaw.ts' }, await readFile(join(import.meta.dirname, 'gateway/openclaw.ts'), 'utf8'));
  tar.finalize();
  await container.putArchive(tar as unknown as NodeJS.ReadableStream, { path: '/app' });
  const program = pack();
  program.entry({ name: 'openclaw', mode: 0o755 }, '#!/bin/sh\nexec node --no-warnings /app/stand-in/openclaw.ts "$@"\n');
  program.finalize();
  await container.putArchive(program as unknown as NodeJS.ReadableStream, { path: '/usr/local/bin' });
  const [repo, tag] = name.split(':');
  const changes = [
    'ENTRYPOINT ["openclaw"]',
    'CMD ["gateway"]',
    `ENV STAND_IN=${failure ?? ''}`,
    'ENV NODE_COMPILE_CACHE=',
    ...(version ? [`LABEL org.opencontainers.image.version=${version}`] : []),
  ];
  await container.commit({ repo, tag, changes });
  await container.remove({ v: true });
  return async () => {
    await docker.getImage(name).remove({ force: true });
  };
}
