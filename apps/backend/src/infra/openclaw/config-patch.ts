import { isDeepStrictEqual } from 'node:util';
import { isRecord, REDACTED } from './config-differences.ts';

/** A change of a configuration: a JSON merge patch (RFC 7396), and the lists in it that are meant to replace their former entries. */
export interface ConfigPatch {
  patch: Record<string, unknown>;
  replacePaths: string[];
}

/** The paths of all lists in a value. */
function listsIn(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return [path];
  return isRecord(value) ? Object.entries(value).flatMap(([key, inside]) => listsIn(inside, `${path}.${key}`)) : [];
}

function compare(built: Record<string, unknown>, present: Record<string, unknown>, path: string[]): ConfigPatch {
  const patch: Record<string, unknown> = {};
  const replacePaths: string[] = [];
  for (const key of new Set([...Object.keys(built), ...Object.keys(present)])) {
    const [wanted, before] = [built[key], present[key]];
    const here = [...path, key];
    if (wanted === undefined) {
      patch[key] = null;
      replacePaths.push(...listsIn(before, here.join('.')));
    } else if (isRecord(wanted) && isRecord(before)) {
      const inside = compare(wanted, before, here);
      if (Object.keys(inside.patch).length > 0) patch[key] = inside.patch;
      replacePaths.push(...inside.replacePaths);
    } else if (before !== REDACTED && !isDeepStrictEqual(wanted, before)) {
      patch[key] = wanted;
      if (Array.isArray(before)) replacePaths.push(here.join('.'));
    }
  }
  return { patch, replacePaths };
}

/**
 * The patch that makes a gateway's configuration file equal to a built configuration. `meta` is the gateway's own.
 * @param present the file as the gateway reports it, with redacted secrets
 */
export function configPatch(built: object, present: unknown): ConfigPatch {
  const { meta: _, ...settings } = built as Record<string, unknown>;
  const { meta: _own, ...file } = isRecord(present) ? present : {};
  return compare(settings, file, []);
}
