/**
 * Counts the open streams or connections of each key in this process.
 * @param max the maximum per key
 * @returns a function that counts one more and returns a function that counts it as closed, or undefined at the maximum
 */
export function createCountLimit(max: number) {
  const open = new Map<string, number>();
  return function claim(key: string): (() => void) | undefined {
    const count = open.get(key) ?? 0;
    if (count >= max) return undefined;
    open.set(key, count + 1);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const left = (open.get(key) ?? 1) - 1;
      if (left > 0) open.set(key, left);
      else open.delete(key);
    };
  };
}
