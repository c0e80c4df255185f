/** Errors of the SQLSTATE classes whose cause lies in the data itself: the same statement fails again, however often it is tried. */
const DATA_CLASSES = ['21', '22', '23', '54'];

/** The SQLSTATE of what Prisma threw, which Postgres gave with it. */
function sqlState(error: unknown): string | undefined {
  const { meta } = error as { meta?: { driverAdapterError?: { cause?: { originalCode?: string } } } };
  return meta?.driverAdapterError?.cause?.originalCode;
}

/**
 * Whether Postgres refused a statement because of its data: a value out of range, a violated constraint, a limit of the
 * server. A lost connection, a full disk or a missing table is no such refusal.
 */
export function isRefusedData(error: unknown): boolean {
  return error instanceof Error && DATA_CLASSES.includes(sqlState(error)?.slice(0, 2) ?? '');
}
