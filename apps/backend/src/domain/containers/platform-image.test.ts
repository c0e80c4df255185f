import { expect, test } from '@jest/globals';
import { imageOfVersion } from './platform-image.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test.each([
  ['ghcr.io/openclaw/openclaw:2026.3.13', '2026.8.2', 'ghcr.io/openclaw/openclaw:2026.8.2'],
  ['registry.example:5000/openclaw', '2026.8.2', 'registry.example:5000/openclaw:2026.8.2'],
  [`ghcr.io/acme/openclaw:2026.3.13@${DIGEST}`, '2026.8.2', 'ghcr.io/acme/openclaw:2026.8.2'],
  // The platform image itself keeps its name, also without a tag.
  [`ghcr.io/acme/openclaw:2026.3.13@${DIGEST}`, '2026.3.13', `ghcr.io/acme/openclaw:2026.3.13@${DIGEST}`],
  [`ghcr.io/acme/openclaw@${DIGEST}`, 'unknown', `ghcr.io/acme/openclaw@${DIGEST}`],
  ['ghcr.io/acme/openclaw', 'unknown', 'ghcr.io/acme/openclaw'],
])('with the platform image %s, version %s is %s', (platform, version, image) => {
  expect(imageOfVersion(version, { OPENCLAW_IMAGE: platform })).toBe(image);
});
