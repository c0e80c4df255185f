/** The maximum number of images of a message. */
export const MAX_IMAGES = 4;
/** The maximum size of a message's images together, in bytes. Every known gateway passes such an image on to the model unchanged. */
export const MAX_IMAGES_BYTES = 2_000_000;

/** The media types of images that every known provider of models that see images accepts. */
export const imageTypes = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'] as const;
export type ImageType = (typeof imageTypes)[number];

/** The first bytes of a file of each type, in hexadecimal. */
const signatures: Record<ImageType, RegExp> = {
  'image/png': /^89504e470d0a1a0a/,
  'image/jpeg': /^ffd8ff/,
  // `RIFF`, the size, `WEBP`.
  'image/webp': /^52494646.{8}57454250/,
  // `GIF87a` or `GIF89a`.
  'image/gif': /^474946383[79]61/,
};

/** The type of an image by its first 12 bytes; undefined for other content. */
export function imageTypeOf(bytes: Uint8Array): ImageType | undefined {
  const start = Array.from(bytes.subarray(0, 12), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return imageTypes.find((type) => signatures[type].test(start));
}
