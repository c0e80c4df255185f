import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import Docker from 'dockerode';
import { pack } from 'tar-stream';

const repository = path.resolve(import.meta.dirname, '../../..');
const require = createRequire(import.meta.url);

/**
 * Builds an image with the service of a swarm's node: the sources of the backend and the contracts, and the one package that they need.
 * @param from an image with a Node.js that reads TypeScript
 * @returns a function that removes the image
 */
export async function makeNodeImage(from: string, name: string): Promise<() => Promise<void>> {
  const docker = new Docker();
  const container = await docker.createContainer({ Image: from });
  const tar = pack();
  async function add(folder: string, target: string): Promise<void> {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const file = path.join(entry.parentPath, entry.name);
      const at = path.relative(folder, file);
      if (entry.isFile() && !at.startsWith('generated')) tar.entry({ name: `${target}/${at}` }, await readFile(file));
    }
  }
  await add(path.join(repository, 'apps/backend/src'), 'service/apps/backend/src');
  await add(path.join(repository, 'packages/contracts/src'), 'service/packages/contracts/src');
  await add(path.dirname(require.resolve('zod/package.json')), 'service/node_modules/zod');
  for (const folder of ['apps/backend', 'packages/contracts'])
    tar.entry({ name: `service/${folder}/package.json` }, await readFile(path.join(repository, folder, 'package.json')));
  tar.entry({ name: 'service/node_modules/@agentbot/contracts', type: 'symlink', linkname: '../../packages/contracts' });
  tar.finalize();
  await container.putArchive(tar as unknown as NodeJS.ReadableStream, { path: '/' });
  const [repo, tag] = name.split(':');
  await container.commit({ repo, tag, changes: ['ENTRYPOINT []', 'WORKDIR /service/apps/backend', 'ENV NODE_OPTIONS=--no-warnings'] });
  await container.remove({ v: true });
  return async () => {
    await docker.getImage(name).remove({ force: true });
  };
}
