/** The choices of a select: each value, and the text that stands for it. */
export type Options = readonly (readonly [value: string, text: string])[];
