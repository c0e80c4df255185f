/** Longer texts are counted in a sample, since counting takes time in proportion to the length. */
const SAMPLE_CHARACTERS = 32 * 1024;

/**
 * About how many tokens a text is, for a provider that did not tell: by OpenAI's o200k encoding, which other providers' encodings
 * resemble. The tokenizer is loaded when it is first needed.
 */
export async function estimateTokens(text: string): Promise<number> {
  if (!text) return 0;
  const { countTokens } = await import('gpt-tokenizer/encoding/o200k_base');
  const sample = text.slice(0, SAMPLE_CHARACTERS);
  return Math.ceil((countTokens(sample, { allowedSpecial: 'all' }) * text.length) / sample.length);
}
