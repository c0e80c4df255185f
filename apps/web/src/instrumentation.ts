/** Runs once when the server starts. @see https://nextjs.org/docs/app/guides/instrumentation */
export async function register(): Promise<void> {
  // Next compiles this file for its edge runtime too, which has no sockets.
  if (process.env.NEXT_RUNTIME === 'nodejs') (await import('./server/start.ts')).start();
}
