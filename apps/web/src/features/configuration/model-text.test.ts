import { expect, test } from '@jest/globals';
import { modelFacts, modelHint } from './model-text.ts';

const priced = { id: 'a', contextLength: 128_000, price: { inputUsd: 0.15, outputUsd: 0.6 } };
const unknown = { id: 'b', contextLength: null, price: null };

test('modelFacts names context and prices, or nothing', () => {
  expect(modelFacts(priced)).toBe('128,000 tokens, $0.15 in, $0.60 out');
  expect(modelFacts({ ...priced, contextLength: null })).toBe('$0.15 in, $0.60 out');
  expect(modelFacts(unknown)).toBe('');
});

test('modelHint describes a model of the list, and keeps the usual hint for another text', () => {
  expect(modelHint(' a ', [unknown, priced], 'usual')).toBe(
    'Up to 128,000 tokens of context; $0.15 per million input tokens and $0.60 per million output tokens',
  );
  expect(modelHint('b', [unknown, priced], 'usual')).toBe('Its context length is not known; its price is not known');
  expect(modelHint('c', [unknown, priced], 'usual')).toBe('usual');
});
