import { describe, expect, test } from '@jest/globals';
import { parseAllowedImages } from '../../config/allowed-images.ts';
import { isPullAllowed, requireAllowedImage } from './image-policy.ts';

const settings = (list = '', OPENCLAW_IMAGE = 'ghcr.io/openclaw/openclaw:2026.3.13') => ({
  OPENCLAW_IMAGE,
  ALLOWED_IMAGES: parseAllowedImages(list),
});

// Ruling 36: closed by default; an entry is a whole repository, never a prefix of text.
describe('isPullAllowed', () => {
  test.each<[string, string, boolean]>([
    ['', 'ghcr.io/openclaw/openclaw:2026.9.6', true],
    ['', 'ghcr.io/openclaw/openclaw', true],
    ['', 'ghcr.io/openclaw/openclawevil', false],
    ['', 'ghcr.io/openclawevil/openclaw', false],
    ['', 'ghcr.io/openclaw/openclaw/x', false],
    ['', 'docker.io/openclaw/openclaw', false],
    ['', '127.0.0.1:9977/x/openclaw:1', false],
    ['', 'busybox', false],
    ['', 'Not an image', false],
    ['acme/openclaw', 'acme/openclaw:1', true],
    ['acme/openclaw', 'acme/openclaw2', false],
    ['acme/openclaw', 'ghcr.io/acme/openclaw', false],
    ['ghcr.io/acme/*', 'ghcr.io/acme/a', true],
    ['ghcr.io/acme/*', 'ghcr.io/acme/a/b', true],
    ['ghcr.io/acme/*', 'ghcr.io/acmeevil/a', false],
    ['ghcr.io/acme/*', 'quay.io/acme/a', false],
    ['ghcr.io/*', 'ghcr.io/any/thing', true],
    // The official repository stays allowed beside a list.
    ['acme/openclaw', 'ghcr.io/openclaw/openclaw:1', true],
  ])('with ALLOWED_IMAGES=%j: %s is %s', (list, image, allowed) => {
    expect(isPullAllowed(image, settings(list))).toBe(allowed);
  });

  test('includes the repository of OPENCLAW_IMAGE', () => {
    const own = settings('', 'registry.example/team/claw:5');
    expect(isPullAllowed('registry.example/team/claw:6', own)).toBe(true);
    expect(isPullAllowed('registry.example/team/claws', own)).toBe(false);
    expect(isPullAllowed('registry.example/team/claw:6', settings())).toBe(false);
    // The official repository stays allowed beside it.
    expect(isPullAllowed('ghcr.io/openclaw/openclaw:6', own)).toBe(true);
    expect(isPullAllowed('busybox', settings('', 'Not an image'))).toBe(false);
  });

  test('excludes the images that are built here, whose name on Docker Hub may belong to a stranger', () => {
    expect(isPullAllowed('agentbot/openclaw:1', settings('', 'agentbot/openclaw:2026.3.13'))).toBe(false);
    expect(isPullAllowed('agentbot/openclaw:1', settings('agentbot/*'))).toBe(true);
  });
});

describe('requireAllowedImage', () => {
  test.each(['agentbot/openclaw:2026.9.6', 'docker.io/agentbot/openclaw', 'ghcr.io/openclaw/openclaw:1'])('accepts %s', (image) => {
    expect(() => requireAllowedImage(image, settings())).not.toThrow();
  });

  test.each(['hostile.example/agentbot/openclaw:1', 'hostile.example/openclaw/openclaw', 'agentbot/openclaw-evil', 'busybox'])(
    'refuses %s',
    (image) => {
      expect(() => requireAllowedImage(image, settings())).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
    },
  );

  test('refuses a name that is none, and names another repository with what to do', () => {
    expect(() => requireAllowedImage('Not an image', settings())).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', message: 'Invalid Docker image name' }),
    );
    expect(() => requireAllowedImage('127.0.0.1:9977/x/openclaw:1', settings())).toThrow(
      expect.objectContaining({
        code: 'INVALID_REQUEST',
        message:
          'This installation does not run images of 127.0.0.1:9977/x/openclaw: use ghcr.io/openclaw/openclaw:2026.3.13, or ask its operator to add the repository to ALLOWED_IMAGES',
      }),
    );
  });
});
