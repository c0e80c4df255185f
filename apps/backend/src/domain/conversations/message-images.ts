import { Readable } from 'node:stream';
import { AppError, type ImageType, imageTypeOf, imageTypes, MAX_IMAGES_BYTES } from '@agentbot/contracts';
import type { Agent, Message, MessageImage } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { readsImages } from '../../infra/openclaw/image-input.ts';
import { modelTarget } from '../../infra/openclaw/providers.ts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import { newId } from '../../shared/ids.ts';
import type { Download } from '../../shared/streams.ts';
import { getAgent } from '../agents/agents.ts';
import type { Context } from '../context.ts';

/** The maximum size of the images in all conversations of an agent, in bytes. The sentence of `IMAGES_FULL` names it. */
export const MAX_AGENT_IMAGES_BYTES = 100_000_000;
/** The maximum size of the images that a model gets with one message, in bytes. */
const MAX_PROMPT_IMAGES_BYTES = 4 * MAX_IMAGES_BYTES;
/** The second key of the lock that adds images of one agent one after the other. */
const IMAGES_LOCK = 4218;

interface NewImage {
  type: ImageType;
  bytes: Uint8Array<ArrayBuffer>;
}
/** An image of a message, with its bytes. */
export type StoredImage = Pick<MessageImage, 'id' | 'type' | 'bytes'>;

const NOT_AN_IMAGE = 'Images must be PNG, JPEG, WebP or GIF files in base64';

/** Decodes the images of a request and finds their types. @throws AppError INVALID_REQUEST for anything but base64 of an image */
export function decodeImages(images: { data: string }[]): NewImage[] {
  return images.map(({ data }) => {
    const bytes = Buffer.from(data, 'base64');
    const type = imageTypeOf(bytes);
    // `Buffer.from` ignores characters that are not base64.
    if (!type || bytes.toString('base64') !== data) throw new AppError('INVALID_REQUEST', NOT_AN_IMAGE);
    return { type, bytes: new Uint8Array(bytes) };
  });
}

/** @throws AppError INVALID_REQUEST when the agent's model is known to read text only: a gateway would leave out the images silently */
export function requireImageInput(agent: Agent, config: Context['config']): void {
  const target = modelTarget(agent, config);
  if (readsImages(target)) return;
  throw new AppError(
    'INVALID_REQUEST',
    `The model ${target.model} cannot read images. Choose another model, or describe the image in words`,
  );
}

/** Stores the images of a new message. @throws AppError IMAGES_FULL */
export async function storeImages(tx: Transaction, { id: messageId, agentId, ownerId }: Message, images: NewImage[]): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${agentId}, ${IMAGES_LOCK}))`;
  const { _sum: stored } = await tx.messageImage.aggregate({ where: { agentId }, _sum: { size: true } });
  const size = images.reduce((sum, { bytes }) => sum + bytes.length, stored.size ?? 0);
  if (size > MAX_AGENT_IMAGES_BYTES) throw new AppError('IMAGES_FULL');
  await tx.messageImage.createMany({
    data: images.map(({ type, bytes }, position) => ({
      ...{ id: newId('img'), messageId, agentId, ownerId, position },
      ...{ type, bytes, size: bytes.length },
    })),
  });
}

/** The images of a message, in their order. */
export function imagesOf({ database }: Pick<Context, 'database'>, { id: messageId }: Pick<Message, 'id'>): Promise<StoredImage[]> {
  return database.as('service', (tx) => tx.messageImage.findMany({ where: { messageId }, orderBy: { position: 'asc' } }));
}

/**
 * The images of a conversation that its model gets, by message: those of the newest messages, up to a limit. The images of a
 * message whose reply failed are left out, since the model may have refused them.
 * @param current the message that the model replies to
 */
export async function promptImages(tx: Transaction, history: Message[], current: Message): Promise<Map<string, StoredImage[]>> {
  const isAnswered = { OR: [{ id: current.id }, { reply: { state: 'done' as const } }] };
  const found = await tx.messageImage.findMany({
    where: { messageId: { in: history.map(({ id }) => id) }, message: isAnswered },
    orderBy: [{ message: { seq: 'desc' } }, { position: 'asc' }],
    select: { id: true, size: true },
  });
  let size = 0;
  const taken = found.filter((image) => {
    size += image.size;
    return size <= MAX_PROMPT_IMAGES_BYTES;
  });
  const ids = taken.map(({ id }) => id);
  const images = await tx.messageImage.findMany({ where: { id: { in: ids } }, orderBy: { position: 'asc' } });
  return Map.groupBy(images, ({ messageId }) => messageId);
}

/** What the view of a message needs of its images. */
export const withImages = { images: { select: { id: true, type: true }, orderBy: { position: 'asc' } } } as const;

/** The bytes of an image as a file. @throws AppError AGENT_NOT_FOUND, IMAGE_NOT_FOUND */
export async function readMessageImage(context: Context, actor: Actor, agentId: string, id: string): Promise<Download> {
  await getAgent(context, actor, agentId);
  const image = await context.database.as(tenantOf(actor), (tx) => tx.messageImage.findFirst({ where: { id, agentId } }));
  const type = imageTypes.find((each) => each === image?.type);
  if (!image || !type) throw new AppError('IMAGE_NOT_FOUND');
  return { content: Readable.from([image.bytes]), name: `${id}.${type.replace('image/', '')}`, type };
}
