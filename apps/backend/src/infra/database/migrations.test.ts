import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';

/**
 * An upgrade runs the new version's migrations while the old version still serves: a migration only adds what the old version can
 * overlook. What an old version reads, writes or calls is removed one version later.
 */

const folder = path.join(import.meta.dirname, '../../../prisma/migrations');
/** The first migration that had to keep this rule. */
const FIRST = '20261201000000_instructions';
/** A migration that cannot keep the rule says so, with the reason, and the changelog tells to stop the old version before. */
const EXCEPTION = /^-- Stops the old version: \S/m;

/** What fails in the old version, each as SQL without comments and strings, in upper case. */
const BREAKING: [what: string, pattern: RegExp][] = [
  ['removes a table', /\bDROP TABLE\b/],
  ['removes a column', /\bDROP COLUMN\b|\bALTER TABLE [^;]*\bDROP (?!NOT NULL|DEFAULT|CONSTRAINT|EXPRESSION|IDENTITY|COLUMN)"?\w/],
  ['removes a function, type or view', /\bDROP (FUNCTION|TYPE|VIEW|MATERIALIZED VIEW|SEQUENCE)\b/],
  ['renames', /\bRENAME\b/],
  ['makes a column mandatory', /\bSET NOT NULL\b/],
  [
    'adds a mandatory column without a default',
    /\bADD (COLUMN )?(IF NOT EXISTS )?("\w+"|(?!CONSTRAINT\b)\w+) [^,;]*\bNOT NULL\b(?![^,;]*\bDEFAULT\b)(?<!\bDEFAULT\b[^,;]*)/,
  ],
  ['changes the type of a column', /\bALTER COLUMN "?\w+"? (SET DATA )?TYPE\b/],
  ['takes a right', /\bREVOKE\b/],
];

const statements = (sql: string) =>
  sql
    .replace(/--[^\n]*/g, '')
    .replace(/'(?:[^']|'')*'/g, "''")
    .replace(/\s+/g, ' ')
    .toUpperCase();
/** What a migration does that fails in the old version. */
const breaks = (sql: string) =>
  EXCEPTION.test(sql) ? [] : BREAKING.filter(([, pattern]) => pattern.test(statements(sql))).map(([what]) => what);

const migrations = readdirSync(folder).filter((name) => /^\d{14}_/.test(name) && name >= FIRST);

test.each(migrations)('the old version goes on working with %s', (name) => {
  expect(breaks(readFileSync(path.join(folder, name, 'migration.sql'), 'utf8'))).toEqual([]);
});

test.each([
  ['ALTER TABLE "users" ADD COLUMN "age" INTEGER;', []],
  ["ALTER TABLE users ADD COLUMN age INTEGER NOT NULL DEFAULT 1, ADD COLUMN b TEXT DEFAULT 'x' NOT NULL;", []],
  ['ALTER TABLE "users" ADD COLUMN "age" INTEGER NOT NULL;', ['adds a mandatory column without a default']],
  ['alter table users add age integer not null', ['adds a mandatory column without a default']],
  ['ALTER TABLE users ADD CONSTRAINT adult CHECK (age IS NOT NULL);', []],
  ['ALTER TABLE "users" DROP COLUMN "age";', ['removes a column']],
  ['ALTER TABLE users DROP age;', ['removes a column']],
  ['ALTER TABLE users ALTER COLUMN age DROP NOT NULL, ALTER COLUMN age DROP DEFAULT;', []],
  ['ALTER TABLE users ALTER age SET NOT NULL;', ['makes a column mandatory']],
  ['ALTER TABLE users ALTER COLUMN age TYPE BIGINT;', ['changes the type of a column']],
  ['ALTER TABLE users RENAME COLUMN age TO years;', ['renames']],
  ['DROP FUNCTION one(text);', ['removes a function, type or view']],
  ["-- DROP TABLE users\nINSERT INTO words VALUES ('DROP TABLE users');", []],
  ['-- Stops the old version: the column was never read.\nALTER TABLE users DROP COLUMN age;', []],
])('%s', (sql, expected) => {
  expect(breaks(sql)).toEqual(expected);
});
