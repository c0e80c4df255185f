/** The fields of the budget form, as text: dollars, or empty. */
export interface BudgetValues {
  dailyUsd: string;
  monthlyUsd: string;
  inputUsd: string;
  outputUsd: string;
}

interface Saved {
  dailyUsd: number | null;
  monthlyUsd: number | null;
  /** Absent for an account. */
  price?: { inputUsd: number; outputUsd: number } | null;
}

/** A number as a person writes it: `0.0000005`, not `5e-7`. */
const toText = (dollars: number | null | undefined) =>
  typeof dollars === 'number' ? dollars.toLocaleString('en', { useGrouping: false, maximumFractionDigits: 6 }) : '';
const toDollars = (text: string) => (text.trim() === '' ? null : Number(text));

/** The values of the form for a saved budget. */
export const valuesOf = ({ dailyUsd, monthlyUsd, price }: Saved): BudgetValues => ({
  dailyUsd: toText(dailyUsd),
  monthlyUsd: toText(monthlyUsd),
  inputUsd: toText(price?.inputUsd),
  outputUsd: toText(price?.outputUsd),
});

/** The account's or the agent's budget in these values; an empty field is null. */
export const budgetOf = ({ dailyUsd, monthlyUsd }: BudgetValues) => ({
  dailyUsd: toDollars(dailyUsd),
  monthlyUsd: toDollars(monthlyUsd),
});

/** The price in these values: null if both fields are empty, undefined if only one is. */
export function priceOf({ inputUsd, outputUsd }: BudgetValues): Saved['price'] {
  const [input, output] = [toDollars(inputUsd), toDollars(outputUsd)];
  if (input !== null && output !== null) return { inputUsd: input, outputUsd: output };
  return input === null && output === null ? null : undefined;
}
