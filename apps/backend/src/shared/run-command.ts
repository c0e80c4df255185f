/** Runs a command of the CLI. On an error it prints one line on stderr and exits with code 1. */
export async function runCommand(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { message, cause } = error as Error;
    process.stderr.write(`${message}${cause instanceof Error ? `: ${cause.message}` : ''}\n`);
    // An open connection would keep the process alive.
    process.exit(1);
  }
}
