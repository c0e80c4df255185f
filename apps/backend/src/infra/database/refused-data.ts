/** SQLSTATE classes of errors that the data causes: a retry of the same statement fails again. */
const DATA_CLASSES = ['21', '22', '23', '54'];

/** The SQLSTATE of Postgres inside an error of Prisma. */
function sqlState(error: unknown): string | undefined {
  const { meta } = error as { meta?: { driverAdapterError?: { cause?: { originalCode?: string } } } };
  return meta?.driverAdapterError?.cause?.originalCode;
}

/**
 * Tells whether Postgres refused a statement because of its data: a value out of range, a violated constraint, a limit of
 * the server. A lost connection, a full disk or a missing table does not count.
 */
export function isRefusedData(error: unknown): boolean {
  return error instanceof Error && DATA_CLASSES.includes(sqlState(error)?.slice(0, 2) ?? '');
}
