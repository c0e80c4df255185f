import { expect, test } from '@jest/globals';
import { readConfig } from './config.ts';

test('readConfig names every missing variable and no value', () => {
  expect(() => readConfig({ INTERNAL_API_KEY: 'short-secret', DATABASE_URL: 'mysql://user:pw@host/db' })).toThrow(
    /DATABASE_URL[\s\S]*INTERNAL_API_KEY[\s\S]*ASSERTION_SECRET/,
  );
  expect(() => readConfig({ INTERNAL_API_KEY: 'short-secret' })).toThrow(expect.not.stringContaining('short-secret'));
});
