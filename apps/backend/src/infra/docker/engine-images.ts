import { AppError } from '@agentbot/contracts';
import type Docker from 'dockerode';
import { type ContainerHost, ImageMissingError } from './container-host.ts';
import { call } from './engine-client.ts';
import { versionInName } from './image-name.ts';
import { ImageNotOfferedError, imageDownloadBytes } from './image-size.ts';

interface Parts {
  docker: Docker;
  isPullAllowed: (image: string) => boolean;
  /** The maximum that a pull may transfer, by the image's manifest; undefined for no check. */
  maxImageBytes: number | undefined;
  /** Called before each pull. */
  onPull: ((image: string) => Promise<void>) | undefined;
  removeStartCache: (image: string, installation: string) => Promise<void>;
}

/** An image's OpenClaw version: its label's, or its tag. */
const versionOf = (image: string, info: Docker.ImageInspectInfo | undefined) =>
  info?.Config?.Labels?.['org.opencontainers.image.version'] || versionInName(image) || 'unknown';

/** The part of the container host that finds, pulls and removes images on one Docker Engine. */
export function createImages({
  docker,
  isPullAllowed,
  maxImageBytes,
  onPull,
  removeStartCache,
}: Parts): Pick<ContainerHost, 'ensureImage' | 'findImage' | 'removeImage'> {
  /** Refuses an image that is too large, before the engine is asked. @throws ImageMissingError */
  async function requireImageSize(image: string, maxBytes: number, signal: AbortSignal): Promise<void> {
    const { OSType, Architecture } = await call(docker.info());
    const architecture = ({ x86_64: 'amd64', aarch64: 'arm64' } as Record<string, string>)[Architecture] ?? Architecture;
    const bytes = await imageDownloadBytes(image, { os: OSType, architecture }, signal).catch((cause) => {
      if (cause instanceof ImageNotOfferedError)
        throw new ImageMissingError(`The image ${image} is not on this machine and could not be pulled`, { cause });
      throw new ImageMissingError(
        `The image ${image} is not on this machine, and its size could not be read from its registry, so it was not pulled`,
        { cause },
      );
    });
    if (bytes <= maxBytes) return;
    const inGib = (size: number) => `${(size / 1024 ** 3).toFixed(1)} GiB`;
    throw new ImageMissingError(
      `The image ${image} was not pulled: its download has ${inGib(bytes)}, and this installation allows ${inGib(maxBytes)} (MAX_IMAGE_GIB)`,
    );
  }

  return {
    async ensureImage(image, signal) {
      let info = await call(docker.getImage(image).inspect(), [404]);
      const pulled = !info;
      if (!info) {
        if (!isPullAllowed(image))
          throw new ImageMissingError(`The image ${image} is not on this machine, and this installation does not pull it`);
        if (maxImageBytes) await requireImageSize(image, maxImageBytes, signal);
        await onPull?.(image);
        const stream = await call(docker.pull(image, { abortSignal: signal })).catch((cause) => {
          if (cause instanceof AppError) throw cause;
          throw new ImageMissingError(`The image ${image} is not on this machine and could not be pulled`, { cause });
        });
        await new Promise<void>((resolve, reject) => {
          docker.modem.followProgress(stream as NodeJS.ReadableStream, (error) => (error ? reject(error) : resolve()));
        }).catch((cause) => {
          throw new ImageMissingError(`The image ${image} could not be pulled`, { cause });
        });
        info = await call(docker.getImage(image).inspect());
      }
      return { id: info?.Id ?? '', version: versionOf(image, info), pulled };
    },

    async removeImage(image, installation) {
      const info = await call(docker.getImage(image).inspect(), [404]);
      if (!info) return true;
      // Another name of the same image may be in use, with the same cache.
      if ((info.RepoTags ?? []).length <= 1) await removeStartCache(image, installation);
      // Without `force`, the engine refuses with 409 while a container uses the image.
      const removed = await call(
        docker
          .getImage(image)
          .remove()
          .then(() => true),
        [409],
      );
      return removed ?? false;
    },

    async findImage(image) {
      const info = await call(docker.getImage(image).inspect(), [404]);
      return info ? { sizeBytes: info.Size, version: versionOf(image, info) } : null;
    },
  };
}
