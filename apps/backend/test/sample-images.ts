/** The smallest valid images of each type, in base64, made with other programs. */
export const sampleImages = {
  png: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  gif: 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7',
  webp: 'UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA',
  jpeg: `/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP${'/'.repeat(86)}wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=`,
};

/** The data URLs in a model's request, in their order, of every dialect. */
export function imagesIn(body: unknown): string[] {
  const found: string[] = [];
  JSON.stringify(body, (_key, part) => {
    // OpenAI: `image_url`; Anthropic: `source`; Gemini: `inlineData`.
    if (typeof part?.image_url?.url === 'string') found.push(part.image_url.url);
    if (part?.type === 'base64') found.push(`data:${part.media_type};base64,${part.data}`);
    if (part?.inlineData) found.push(`data:${part.inlineData.mimeType};base64,${part.inlineData.data}`);
    return part;
  });
  return found;
}
