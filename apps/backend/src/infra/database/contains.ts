/** A case-insensitive filter of Prisma for a text that contains `search`; wildcards of LIKE in it are escaped. */
export const contains = (search: string) => ({ contains: search.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' as const });
