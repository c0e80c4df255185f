import { z } from 'zod';
import type { Agent, Prisma } from '../../generated/prisma/client.ts';
import { readColumn } from '../../infra/database/read-column.ts';

type Row = Pick<Agent, 'id' | 'verificationMetadata'>;

const anyMetadata = z.record(z.string(), z.unknown()).nullable();
const json = z.record(z.string(), z.json());
/** The metadata that a verification on a chain stores. */
const provenMetadata = z.looseObject({ ensName: z.string().optional() });

const place = ({ id }: Row) => ({ row: `agent ${id}`, column: 'verificationMetadata' });

/** The metadata of an agent's verification, for its owner. @throws UnreadableColumnError */
export const readVerificationMetadata = (agent: Row) => readColumn(anyMetadata, agent.verificationMetadata, place(agent));

/** The metadata of a verification that was read from a chain; other keys are kept. @throws UnreadableColumnError */
export const readProvenMetadata = (agent: Row) => readColumn(provenMetadata, agent.verificationMetadata, place(agent));

/** Converts metadata, such as that of a request, to the type of the column. */
export const metadataColumn = (metadata: Record<string, unknown>): Prisma.InputJsonObject => json.parse(metadata);
