import { run } from './command.ts';
import { changes } from './import-image.ts';

export const recipeLabel = 'agentbot.recipe';

/** The names (`repository:tag`) of the images that this recipe has built. */
export async function imagesOf(recipe: string): Promise<string[]> {
  const filters = ['--filter', `label=${recipeLabel}=${recipe}`, '--filter', 'dangling=false'];
  const names = await run('docker', ['images', ...filters, '--format', '{{.Repository}}:{{.Tag}}']);
  return names.split('\n').filter(Boolean);
}

/** Makes another image of one that is there: same files, an id and a tag of its own. */
export async function deriveImage(from: string, reference: string): Promise<void> {
  const container = await run('docker', ['create', from]);
  try {
    await run('docker', ['commit', ...changes([`LABEL agentbot.tag=${reference}`]), container, reference]);
  } finally {
    await run('docker', ['rm', '--volumes', container]);
  }
}
