import type { OperationView } from '@agentbot/contracts';
import { expect, test } from '@jest/globals';
import { operationAdvice } from './operation-text.ts';

const failed = (...steps: [name: string, state: string][]) =>
  ({ steps: steps.map(([name, state]) => ({ name, state })) }) as unknown as OperationView;

test.each<[string, RegExp, [string, string][]]>([
  ['the image', /^The image could not be pulled/, [['image', 'failed']]],
  [
    'the configuration',
    /^OpenClaw refuses this configuration/,
    [
      ['image', 'done'],
      ['validate', 'failed'],
    ],
  ],
  [
    'the gateway',
    /^The gateway did not answer in time/,
    [
      ['create', 'done'],
      ['ready', 'failed'],
    ],
  ],
  [
    'the backup',
    /nothing was changed/,
    [
      ['stop', 'done'],
      ['backup', 'failed'],
    ],
  ],
  [
    'the gateway of an update that was rolled back',
    /^The image and the data were restored/,
    [
      ['ready', 'failed'],
      ['rollback', 'done'],
    ],
  ],
  [
    'the rollback',
    /^The rollback failed/,
    [
      ['ready', 'failed'],
      ['rollback', 'failed'],
    ],
  ],
  ['an unknown stage', /^Try again/, [['other', 'failed']]],
])('operationAdvice after a failure of %s', (_stage, advice, steps) => {
  expect(operationAdvice(failed(...steps))).toMatch(advice);
});
