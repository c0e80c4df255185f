/** The word that a gateway reports in place of a secret. */
export const REDACTED = '__OPENCLAW_REDACTED__';

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a built value refers to an environment variable, which a gateway may report resolved. */
const isReference = (value: unknown) => typeof value === 'string' && value.includes('${');

function differencesAt(path: string[], built: unknown, reported: unknown): string[] {
  if (reported === REDACTED) return [];
  // 2026.3.13 allows a channel's plugin by itself while the channel's credentials are on the volume.
  if (path.join('.') === 'plugins.allow' && Array.isArray(built) && Array.isArray(reported)) {
    return built.every((plugin) => reported.includes(plugin)) ? [] : ['plugins.allow'];
  }
  // A gateway adds defaults to the objects in a list, too.
  if (Array.isArray(built) && Array.isArray(reported) && built.length === reported.length) {
    return built.flatMap((value, index) => differencesAt([...path, String(index)], value, reported[index]));
  }
  if (isRecord(built)) {
    const inside = isRecord(reported) ? reported : {};
    return Object.entries(built).flatMap(([key, value]) => differencesAt([...path, key], value, inside[key]));
  }
  if (isReference(built)) return typeof reported === 'string' ? [] : [path.join('.')];
  return JSON.stringify(built) === JSON.stringify(reported) ? [] : [path.join('.')];
}

/**
 * Compares a configuration that the platform built with the one that a gateway reports (`config.get`). Defaults that the
 * gateway adds, changes of `meta` and redacted secrets are no differences.
 * @returns the settings whose values differ, as dotted paths
 */
export function configDifferences(built: object, reported: unknown): string[] {
  const { meta: _, ...settings } = built as Record<string, unknown>;
  return differencesAt([], settings, reported);
}
