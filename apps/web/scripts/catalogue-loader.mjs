import { formatter } from '@lingui/format-po';
import { compileMessage } from '@lingui/message-utils/compileMessage';

const { parse } = formatter();

/** Compiles a translator's catalogue for Lingui: a loader of Turbopack. @param {string} source @returns {Promise<string>} */
export default async function load(source) {
  const catalogue = await parse(source, { locale: null, sourceLocale: 'en', filename: '' });
  const texts = Object.entries(catalogue).map(([id, { translation }]) => [id, compileMessage(translation ?? '')]);
  return `export default ${JSON.stringify(Object.fromEntries(texts))};`;
}
