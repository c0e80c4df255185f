const INDIC_AND_ARABIC = ['Arabic', 'Bengali', 'Devanagari', 'Kannada', 'Malayalam', 'Sinhala', 'Tamil', 'Telugu']
  .map((script) => `\\p{Script=${script}}`)
  .join('');
/** Visible characters. U+2800 (Braille blank) is excluded: Unicode counts it as a symbol, but it is blank. */
const VISIBLE = '[^\\p{Cc}\\p{Cf}\\p{Co}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\u2800]';
/** The invisible characters that emoji and the scripts above need, in the places where they need them. */
const JOINERS = [
  '(?<=[\\p{Extended_Pictographic}#*0-9])[\\ufe0e\\ufe0f]',
  '(?<=\\p{Extended_Pictographic}\\ufe0f?|\\p{Emoji_Modifier})\\u200d(?=\\p{Extended_Pictographic})',
  `(?<=[${INDIC_AND_ARABIC}])[\\u200c\\u200d](?=[${INDIC_AND_ARABIC}])`,
];

/**
 * Matches a name without control characters and without characters that are invisible or change the direction of the text:
 * with these, a name looks like another one.
 * @see https://www.unicode.org/reports/tr36/ Unicode Security Considerations
 */
export const visibleText = new RegExp(`^(?:${[VISIBLE, ...JOINERS].join('|')})*$`, 'u');

/** Whether a text has a character that is visible by itself: no format character, separator, combining mark or ignorable one. */
export const hasVisibleCharacter = (text: string): boolean => /[^\p{C}\p{Z}\p{M}\p{Default_Ignorable_Code_Point}\u2800]/u.test(text);
