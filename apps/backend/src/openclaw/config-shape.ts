import { sha256 } from '../secrets/sha256.ts';
import { type ConfigInput, openclawConfig } from './config-builder.ts';

const anyOf = <T>(list: T[], standIn: T) => (list.length ? [standIn] : []);

/**
 * A hash that is the same for all configurations which a validator cannot tell apart: names, ids and addresses, whose form
 * the contract has checked, are replaced by stand-ins.
 */
export function configShape(input: ConfigInput): string {
  const shape = openclawConfig({
    ...input,
    origin: 'http://agent',
    ownerIds: anyOf(input.ownerIds, 'owner'),
    skills: Object.fromEntries(anyOf(Object.keys(input.skills), 'skill').map((key) => [key, true])),
    target: { ...input.target, baseUrl: 'http://model', model: 'model' },
  });
  return sha256(JSON.stringify(shape));
}
