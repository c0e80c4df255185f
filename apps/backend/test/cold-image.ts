import Docker from 'dockerode';

export const WARM_IMAGE = 'agentbot/openclaw:2026.3.13';
const docker = new Docker();

/** Builds the agents' image without its compile cache, like the official image. @returns a function that removes it */
export async function makeColdImage(name: string): Promise<() => Promise<void>> {
  const [repo, tag] = name.split(':');
  const container = await docker.createContainer({ Image: WARM_IMAGE });
  const start = '["openclaw", "gateway", "--port", "18789", "--bind", "lan"]';
  const changes = [`ENTRYPOINT ${start}`, 'CMD []', 'ENV NODE_COMPILE_CACHE=', 'LABEL agentbot.recipe='];
  await container.commit({ repo, tag, changes });
  await container.remove({ v: true });
  return async () => {
    await docker.getImage(name).remove({ force: true });
  };
}

/** Builds a copy of an agents' image that lacks a channel's plugin. @returns a function that removes it */
export async function makeImageWithoutPlugin(image: string, name: string, plugin: string): Promise<() => Promise<void>> {
  const [repo, tag] = name.split(':');
  const folders = ['dist/extensions', 'extensions'].map((folder) => `/app/node_modules/openclaw/${folder}/${plugin}`);
  const container = await docker.createContainer({ Image: image, User: '0', Entrypoint: ['rm', '-rf', ...folders], Cmd: [] });
  await container.start();
  await container.wait();
  const { Config } = await docker.getImage(image).inspect();
  const changes = [`ENTRYPOINT ${JSON.stringify(Config.Entrypoint)}`, 'CMD []', `USER ${Config.User}`, 'LABEL agentbot.recipe='];
  await container.commit({ repo, tag, changes });
  await container.remove({ v: true });
  return async () => {
    await docker.getImage(name).remove({ force: true });
  };
}
