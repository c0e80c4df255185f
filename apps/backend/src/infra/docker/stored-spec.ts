import { z } from 'zod';
import { Plan } from '../../generated/prisma/enums.ts';
import { readColumn } from '../database/read-column.ts';
import type { AgentContainerSpec } from './container-host.ts';

const strings = z.record(z.string(), z.string());

/** Loose: a key that a later version of the backend added survives a rewrite by this one. */
const currentSpec: z.ZodType<AgentContainerSpec> = z.looseObject({
  version: z.literal(1),
  agentId: z.string(),
  ownerId: z.string(),
  installation: z.string(),
  image: z.string(),
  plan: z.enum(Plan),
  fingerprint: z.string(),
  environment: z.string().optional(),
  names: z.looseObject({ container: z.string(), volume: z.string(), network: z.string() }),
  env: strings,
  secretEnv: strings,
  keyRecipient: z.string().optional(),
  models: z
    .array(
      z.looseObject({
        provider: z.enum(['openrouter', 'gemini', 'groq', 'anthropic', 'openai', 'custom', 'demo']),
        api: z.enum(['openai-completions', 'anthropic-messages', 'google-generative-ai']),
        baseUrl: z.string(),
        gatewayName: z.string(),
        model: z.string(),
      }),
    )
    .optional(),
  memoryBytes: z.number(),
  cpus: z.number(),
  pidsLimit: z.number(),
  bind: z.looseObject({ address: z.string(), gateway: z.int(), bridge: z.int() }),
  subnet: z.string(),
  extraHosts: z.array(z.string()),
  cacheVolume: z.string().nullable(),
});

/**
 * Specs had no version until version 1. The oldest of them have no `cacheVolume`: their containers were made without a cache.
 * Specs without `plan` and `fingerprint`, which are older still, are refused: the row's plan may have been raised since without
 * payment. A repair makes such a container again.
 */
function migrated(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null || 'version' in stored) return stored;
  return { cacheVolume: null, ...stored, version: 1 };
}

const storedSpec = z.preprocess(migrated, currentSpec);

/** Parses a container spec from a JSON column. @param row the row's name for the error. @throws UnreadableColumnError */
export const parseContainerSpec = (stored: unknown, row: string, column: string): AgentContainerSpec =>
  readColumn(storedSpec, stored, { row, column });

/** The spec of an agent's container; `null` when it has none. @throws UnreadableColumnError */
export const readContainerSpec = ({ id, containerSpec }: { id: string; containerSpec: unknown }): AgentContainerSpec | null =>
  containerSpec === null ? null : parseContainerSpec(containerSpec, `agent ${id}`, 'containerSpec');
