import { toast } from 'sonner';
import { adviceOf, goesOn, sentenceOf } from '../api/client.ts';
import { leaveIfEnded } from '../session/sign-out.ts';

/** What is said while something is done, and once it is. */
interface Words {
  doing: string;
  done: string;
}
type Outcome<T> = { result: T } | 'goes on' | 'failed';

/** Says at once that an action was taken, and then how it ended; what is to be read stays for a while. */
async function follow<T>(work: Promise<T>, { doing, done }: Words): Promise<Outcome<T>> {
  const id = toast.loading(doing);
  try {
    const result = await work;
    toast.success(done, { id });
    return { result };
  } catch (error) {
    if (leaveIfEnded(error)) {
      toast.dismiss(id);
      return 'failed';
    }
    const say = goesOn(error) ? toast.info : toast.error;
    say(sentenceOf(error), { id, description: adviceOf(error), duration: 20_000, closeButton: true });
    return goesOn(error) ? 'goes on' : 'failed';
  }
}

/** Does something, and tells of it. @returns what came of it, or nothing when it failed or goes on */
export async function act<T>(work: Promise<T>, words: Words): Promise<T | undefined> {
  const outcome = await follow(work, words);
  return typeof outcome === 'object' ? outcome.result : undefined;
}

/** Does something of which nothing comes, and tells of it. @returns whether it is done, or goes on */
export const carryOut = async (work: Promise<unknown>, words: Words): Promise<boolean> => (await follow(work, words)) !== 'failed';
