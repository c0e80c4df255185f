import { type LocalPostgres, removePostgresData } from '@agentbot/local-stack/postgres';

export default async function teardown() {
  const { testPostgres } = globalThis as unknown as { testPostgres?: { postgres: LocalPostgres; dataDir: string } };
  if (!testPostgres) return;
  await testPostgres.postgres.stop();
  removePostgresData(testPostgres.dataDir);
}
