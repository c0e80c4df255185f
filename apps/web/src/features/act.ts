import { toast } from 'sonner';
import { adviceOf, sentenceOf } from './api.ts';

/** What is said while something is done, and once it is. */
interface Words {
  doing: string;
  done: string;
}

/**
 * Says at once that an action was taken, and then how it ended; a failure stays until it is read.
 * @returns what came of it, or nothing when it failed
 */
export async function act<T>(work: Promise<T>, { doing, done }: Words): Promise<T | undefined> {
  const id = toast.loading(doing);
  try {
    const result = await work;
    toast.success(done, { id });
    return result;
  } catch (error) {
    toast.error(sentenceOf(error), { id, description: adviceOf(error), duration: 20_000, closeButton: true });
    return undefined;
  }
}
