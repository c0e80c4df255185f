import { sha256 } from '../../shared/sha256.ts';
import { type ConfigInput, openclawConfig } from './config-builder.ts';

const placeholderFor = <T>(list: T[], placeholder: T) => (list.length ? [placeholder] : []);

/**
 * A hash that is equal for configurations which OpenClaw's validator treats alike. Placeholders replace owners, skills and
 * URLs, because the contract has already checked their form. The model's name stays: some versions refuse some models.
 */
export function configShape(input: ConfigInput): string {
  const shape = openclawConfig({
    ...input,
    origin: 'http://agent',
    ownerIds: placeholderFor(input.ownerIds, 'owner'),
    skills: Object.fromEntries(placeholderFor(Object.keys(input.skills), 'skill').map((key) => [key, true])),
    modelGateway: 'http://models',
  });
  return sha256(JSON.stringify(shape));
}
