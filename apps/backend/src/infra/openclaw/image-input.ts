import type { ModelTarget } from './providers.ts';

/** The models of known providers that read text only, without the name of a vendor before them. */
const TEXT_ONLY = [
  /^gpt-3\.5/,
  /^gpt-4(-\d{4})?$/,
  /^llama-?3[.-][0123]-(8b|70b|405b)/,
  /^llama3-/,
  /^mixtral-/,
  /^gemma2?-\d+b/,
  /^o1-mini/,
  /^o3-mini/,
];

/**
 * Whether a model may read images. Of a model that is not known, the answer is yes: its server refuses an image with a reason,
 * whereas a gateway leaves out the images for a model that reads text only.
 */
export function readsImages({ provider, model }: Pick<ModelTarget, 'provider' | 'model'>): boolean {
  if (provider === 'custom') return true;
  if (provider === 'demo') return false;
  const name = model.slice(model.lastIndexOf('/') + 1).toLowerCase();
  return !TEXT_ONLY.some((pattern) => pattern.test(name));
}
