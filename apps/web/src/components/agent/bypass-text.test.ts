import { expect, test } from '@jest/globals';
import { bypassWarning } from './bypass-text.ts';

test('bypassWarning says that an old container holds the provider’s key, only if it has one', () => {
  expect(bypassWarning({ gatewayBypass: null })).toBeUndefined();
  expect(bypassWarning({ gatewayBypass: 'with_key' })).toBe(
    'Restart to apply: this container still holds the provider’s key. It was made before the model gateway, so its calls are not counted, and no budget holds for them.',
  );
  expect(bypassWarning({ gatewayBypass: 'without_key' })).toBe(
    'Restart to apply: this container was made before the model gateway. Its calls are not counted, and no budget holds for them.',
  );
});
