import type { MessageView } from '@agentbot/contracts';
import { type ImageType, imageTypeOf, MAX_IMAGES, MAX_IMAGES_BYTES } from '@agentbot/contracts/image-type';
import { t } from '@lingui/core/macro';
import { urlOf } from '../../lib/api/client.ts';

/** An image of a message that the user writes, in base64. */
export interface AttachedImage {
  type: ImageType;
  data: string;
}

/** The maximum size of one image in bytes: as many as a message may have fit into it. */
const MAX_BYTES = MAX_IMAGES_BYTES / MAX_IMAGES;
/** The attempts to make an image smaller: the longer side in pixels, and the quality of JPEG. No model sees more than 2048 pixels. */
const ATTEMPTS = [
  { side: 2048, quality: 0.85 },
  { side: 1536, quality: 0.8 },
  { side: 1024, quality: 0.75 },
  { side: 768, quality: 0.5 },
];

/** The address of an image for `<img>`. */
export const sourceOf = ({ type, data }: AttachedImage): string => `data:${type};base64,${data}`;

/** A file as base64. @throws DOMException when the browser cannot read it */
function base64Of(file: Blob): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const reader = new FileReader();
  reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ''));
  reader.onerror = () => reject(reader.error);
  reader.readAsDataURL(file);
  return promise;
}

/** The type of an image by its content; undefined for another file. */
const typeOf = async (file: Blob) => imageTypeOf(new Uint8Array(await file.slice(0, 12).arrayBuffer()));

/** Draws an image as a JPEG that is small enough. @throws Error when the browser cannot show it, or when it stays too large */
async function shrink(file: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(file);
  try {
    for (const { side, quality } of ATTEMPTS) {
      const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
      const size = [bitmap.width, bitmap.height].map((pixels) => Math.max(1, Math.round(pixels * scale))) as [number, number];
      const canvas = new OffscreenCanvas(...size);
      const drawing = canvas.getContext('2d');
      if (!drawing) break;
      // JPEG has no transparency.
      drawing.fillStyle = 'white';
      drawing.fillRect(0, 0, ...size);
      drawing.drawImage(bitmap, 0, 0, ...size);
      const small = await canvas.convertToBlob({ type: 'image/jpeg', quality });
      if (small.size <= MAX_BYTES) return small;
    }
  } finally {
    bitmap.close();
  }
  throw new Error(t`The image stays too large`);
}

/**
 * Reads an image that the user attaches, and makes a large one smaller.
 * @returns undefined for a file that is not PNG, JPEG, WebP or GIF
 * @throws Error when the browser cannot read the image
 */
export async function readAttachedImage(file: Blob): Promise<AttachedImage | undefined> {
  const type = await typeOf(file);
  if (!type) return undefined;
  if (file.size <= MAX_BYTES) return { type, data: await base64Of(file) };
  return { type: 'image/jpeg', data: await base64Of(await shrink(file)) };
}

/** Reads the images of a stored message, to send them again. @throws Error when one cannot be read */
export function loadImages({ agentId, images = [] }: Pick<MessageView, 'agentId' | 'images'>): Promise<AttachedImage[]> {
  return Promise.all(
    images.map(async ({ id, type }) => {
      const response = await fetch(urlOf('readMessageImage', agentId, id));
      if (!response.ok) throw new Error(t`The image cannot be read: status ${response.status}`);
      return { type, data: await base64Of(await response.blob()) };
    }),
  );
}
