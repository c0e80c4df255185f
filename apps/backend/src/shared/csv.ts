/** A spreadsheet takes a cell with one of these beginnings for a formula. @see https://owasp.org/www-community/attacks/CSV_Injection */
const FORMULA = /^[=+\-@\t\r]/;

/** Escapes a text for a spreadsheet: a text that begins like a formula gets a leading apostrophe. */
const withoutFormula = (text: string) => (FORMULA.test(text) ? `'${text}` : text);

function cell(value: string | number): string {
  const text = typeof value === 'number' ? String(value) : withoutFormula(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One record of a CSV file (RFC 4180) with its line break. Texts that begin like a formula get an apostrophe in front. */
export const csvLine = (values: readonly (string | number)[]): string => `${values.map(cell).join(',')}\r\n`;
