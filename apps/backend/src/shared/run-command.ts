/** Runs one of the commands: what makes it fail is a line on stderr, and 1 the exit code. */
export async function runCommand(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { message, cause } = error as Error;
    process.stderr.write(`${message}${cause instanceof Error ? `: ${cause.message}` : ''}\n`);
    // Connections may still be open.
    process.exit(1);
  }
}
