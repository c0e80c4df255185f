import { z } from 'zod';
import type { Agent, Prisma } from '../../generated/prisma/client.ts';
import { readColumn } from '../../infra/database/read-column.ts';

type Row = Pick<Agent, 'id' | 'verificationMetadata'>;

const anyMetadata = z.record(z.string(), z.unknown()).nullable();
const json = z.record(z.string(), z.json());
/** What a proof from a chain leaves. */
const provenMetadata = z.looseObject({ ensName: z.string().optional() });

const place = ({ id }: Row) => ({ row: `agent ${id}`, column: 'verificationMetadata' });

/** What is told of an agent's verification beside its columns. @throws UnreadableColumnError */
export const readVerificationMetadata = (agent: Row) => readColumn(anyMetadata, agent.verificationMetadata, place(agent));

/** The metadata of a verification that was read from a chain; other keys are kept. @throws UnreadableColumnError */
export const readProvenMetadata = (agent: Row) => readColumn(provenMetadata, agent.verificationMetadata, place(agent));

/** Metadata, such as a request's, as the column takes it. */
export const metadataColumn = (metadata: Record<string, unknown>): Prisma.InputJsonObject => json.parse(metadata);
