import { imageReference } from '@agentbot/contracts';

/** The tag of an image's name, by convention its version: `ghcr.io/openclaw/openclaw:2026.3.13` → `2026.3.13`. */
export function versionInName(image: string): string | undefined {
  const { tag } = imageReference.exec(image)?.groups ?? {};
  return tag;
}
