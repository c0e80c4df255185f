/** The tag in an image's name, which is its version by convention: `ghcr.io/openclaw/openclaw:2026.3.13` → `2026.3.13`. */
export function versionInName(image: string): string | undefined {
  return /:([^:/@]+)(?:@.*)?$/.exec(image)?.[1];
}
