import { z } from 'zod';
import { agentParams } from './agents.ts';
import { defineRoute } from './define-route.ts';
import { imageTypes, MAX_IMAGES, MAX_IMAGES_BYTES } from './image-type.ts';

const TOO_LARGE = `Images must have together at most ${MAX_IMAGES_BYTES.toLocaleString('en')} bytes`;
/** The size of base64 in bytes after decoding. */
const decodedBytes = (base64: string) => Math.floor((base64.replace(/=+$/, '').length * 3) / 4);

/** The images of a message that is sent, in base64. Their first bytes tell their type. */
export const sentImages = z
  .array(z.strictObject({ data: z.string().max(Math.ceil(MAX_IMAGES_BYTES / 3) * 4, { error: TOO_LARGE }) }))
  .max(MAX_IMAGES, { error: `A message must have at most ${MAX_IMAGES} images` })
  .refine((images) => images.reduce((sum, { data }) => sum + decodedBytes(data), 0) <= MAX_IMAGES_BYTES, { error: TOO_LARGE });

/** An image of a stored message; `readMessageImage` has its bytes. */
export const messageImage = z.strictObject({ id: z.string(), type: z.enum(imageTypes) });

export const readMessageImage = defineRoute({
  id: 'readMessageImage',
  summary: "The bytes of an image in a message, as a file of the image's type",
  method: 'GET',
  auth: 'caller',
  download: true,
  params: agentParams.extend({ imageId: z.string().max(100) }),
  status: 200,
  failure: 'Failed to read the image',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND', 'IMAGE_NOT_FOUND'],
  backend: { path: '/api/agents/:id/images/:imageId', response: z.unknown() },
  web: { path: '/api/agents/:id/images/:imageId', response: z.unknown() },
});
