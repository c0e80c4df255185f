import type { AgentConfig } from '@agentbot/contracts';
import { z } from 'zod';
import { Plan } from '../../generated/prisma/enums.ts';
import type { splitConfig } from '../crypto/agent-secrets.ts';
import { readColumn } from '../database/read-column.ts';
import type { KnownProvider } from './providers.ts';

/** An agent's configuration as its row holds it: without secrets. */
export type StoredConfig = Omit<AgentConfig, keyof ReturnType<typeof splitConfig>['secrets']>;

const providers = {
  openrouter: 'openrouter',
  gemini: 'gemini',
  groq: 'groq',
  anthropic: 'anthropic',
  openai: 'openai',
} as const satisfies { [P in KnownProvider]: P };

/** Checks types only: a stored value stays readable when the rules for new values become stricter. */
const storedConfig = z.looseObject({
  plan: z.enum(Plan).optional(),
  aiProvider: z.enum(providers).optional(),
  baseUrl: z.string().optional(),
  model: z.string().optional(),
  ownerIds: z.array(z.string()).optional(),
  allowedDomains: z.array(z.string()).optional(),
  cloneable: z.boolean().optional(),
});
const customEndpoint = storedConfig.extend({ baseUrl: z.string(), model: z.string() });
const skillSwitches = z.record(z.string(), z.boolean());

type Row<Column extends string> = { id?: string } & Record<Column, unknown>;
const place = (id: string | undefined, column: string) => ({ row: id ? `agent ${id}` : 'an agent', column });

/** An agent's configuration. @throws UnreadableColumnError */
export const readAgentConfig = ({ id, config }: Row<'config'>): StoredConfig => readColumn(storedConfig, config, place(id, 'config'));

/** The endpoint of an agent whose provider is `custom`. @throws UnreadableColumnError when the configuration names none */
export const readCustomEndpoint = ({ id, config }: Row<'config'>): { baseUrl: string; model: string } =>
  readColumn(customEndpoint, config, place(id, 'config'));

/** The skills that an agent's owner switched on or off, by key. @throws UnreadableColumnError */
export const readSkillSwitches = ({ id, skillSwitches: stored }: Row<'skillSwitches'>): Record<string, boolean> =>
  readColumn(skillSwitches, stored, place(id, 'skillSwitches'));
