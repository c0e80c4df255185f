import path from 'node:path';
import { defineConfig } from 'prisma/config';

// `prisma generate` does its work in WASM, yet refuses to begin without the native schema engine, which cannot be
// downloaded everywhere: any existing file satisfies it. Commands that need the real engine take it from the environment.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= path.join(import.meta.dirname, 'package.json');

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? '' },
});
