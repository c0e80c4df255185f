import { sha256 } from '../../shared/sha256.ts';
import { type ConfigInput, openclawConfig } from './config-builder.ts';

const anyOf = <T>(list: T[], standIn: T) => (list.length ? [standIn] : []);

/**
 * A hash that is the same for all configurations which a validator cannot tell apart: owners, skills and addresses, whose
 * form the contract has checked, are replaced by stand-ins. The model keeps its name: there are versions that refuse some.
 */
export function configShape(input: ConfigInput): string {
  const shape = openclawConfig({
    ...input,
    origin: 'http://agent',
    ownerIds: anyOf(input.ownerIds, 'owner'),
    skills: Object.fromEntries(anyOf(Object.keys(input.skills), 'skill').map((key) => [key, true])),
    target: { ...input.target, baseUrl: 'http://model' },
  });
  return sha256(JSON.stringify(shape));
}
