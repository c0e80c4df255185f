import { rm } from 'node:fs/promises';
import type { LocalPostgres } from '@agentbot/local-stack/postgres';

export default async function teardown() {
  const { testPostgres } = globalThis as unknown as { testPostgres: { postgres: LocalPostgres; dataDir: string } };
  await testPostgres.postgres.stop();
  await rm(testPostgres.dataDir, { recursive: true, force: true });
}
