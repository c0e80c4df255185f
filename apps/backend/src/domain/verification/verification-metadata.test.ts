import { expect, test } from '@jest/globals';
import { metadataColumn, readProvenMetadata, readVerificationMetadata } from './verification-metadata.ts';

const id = 'agent_1';

test.each([null, {}, { ensName: 'a.eth' }, { ensName: 5, nested: [{ a: null }] }])('readVerificationMetadata reads %j', (metadata) => {
  expect(readVerificationMetadata({ id, verificationMetadata: metadata })).toEqual(metadata);
});

test('readVerificationMetadata refuses a value that is not an object', () => {
  expect(() => readVerificationMetadata({ id, verificationMetadata: 'a.eth' })).toThrow(
    'The column verificationMetadata of agent agent_1 cannot be read: verificationMetadata (invalid_type)',
  );
});

test('readProvenMetadata keeps every key and refuses a name that is not a string', () => {
  const metadata = { ensName: 'a.eth', chainId: 1 };
  expect(readProvenMetadata({ id, verificationMetadata: metadata })).toEqual(metadata);
  expect(() => readProvenMetadata({ id, verificationMetadata: { ensName: 5 } })).toThrow('verificationMetadata.ensName (invalid_type)');
  expect(() => readProvenMetadata({ id, verificationMetadata: null })).toThrow('verificationMetadata (invalid_type)');
});

test('metadataColumn refuses a value that is not JSON', () => {
  const metadata = { a: [1, null, { b: true }], c: 'd' };
  expect(metadataColumn(metadata)).toEqual(metadata);
  expect(() => metadataColumn({ a: new Date() })).toThrow();
});
