import fc from 'fast-check';

/** Texts as people paste them: code with indentation, tabs, fences, nested lists, tables, emoji, several scripts. */

const words = fc.constantFrom(
  'alpha',
  'naïve',
  'Grüße',
  '日本語',
  'مرحبا',
  'שלום',
  '👩‍👩‍👧‍👦',
  '🎉',
  'x == y',
  'a < b > c',
  '<b>bold</b>',
  '`code  span`',
  '**bold**',
  '$HOME',
  '"quoted"',
  "it's",
  '\\n',
  '100 %',
  'C:\\temp',
  '{"a":  1}',
  '&amp;',
  '| a | b |',
  'e\u0301',
  'non\u00a0breaking',
  'wide\u3000space',
  'zero\u200bwidth',
  '…',
);
const indent = fc.constantFrom('', '', ' ', '  ', '    ', '        ', '\t', '\t\t', '  \t');
const bullet = fc.constantFrom('', '', '', '- ', '* ', '1. ', '> ', '# ', '- [ ] ', '// ');
const gap = fc.constantFrom(' ', ' ', '  ', '\t', '    ');
const trailing = fc.constantFrom('', '', '', ' ', '  ', '\t');

const line = fc
  .tuple(indent, bullet, fc.array(fc.tuple(words, gap), { minLength: 1, maxLength: 5 }), words, trailing)
  .map(([before, mark, parts, last, after]) => before + mark + parts.map((each) => each.join('')).join('') + last + after);
const fence = fc
  .tuple(fc.constantFrom('', 'python', 'html'), fc.array(line, { maxLength: 4 }))
  .map(([language, lines]) => [`\`\`\`${language}`, ...lines, '```'].join('\n'));
const block = fc.oneof(
  { weight: 4, arbitrary: line },
  { weight: 1, arbitrary: fence },
  { weight: 1, arbitrary: fc.constantFrom('', '   ') },
);
const body = fc
  .tuple(fc.array(block, { minLength: 1, maxLength: 6 }), fc.constantFrom('\n', '\n', '\n', '\r\n'))
  .map(([blocks, end]) => blocks.join(end));
const edge = fc.constantFrom('', '', '', '', ' ', '\n', '\n\n', '\t', '    ');

/** @returns the same texts each time; each is different from the others and not blank */
export function generatedTexts(count: number): string[] {
  const texts = fc.sample(fc.tuple(edge, body, edge), { numRuns: count, seed: 20 });
  return texts.map(([before, text, after], index) => `${before}${index} ${text}${after}`);
}
