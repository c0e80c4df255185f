const PREFIX = 'agentbot:';
/** Also holds what the browser does not store: private windows and full storage refuse. */
const memory = new Map<string, string | undefined>();
/** Whether `forgetAll` was called: a request that ends afterwards must not bring its text back. */
let forgotten = false;

/** Reads what `save` stored in this browser. */
export function load<T>(key: string): T | undefined {
  let text = memory.get(key);
  if (!memory.has(key)) {
    try {
      text = window.localStorage.getItem(PREFIX + key) ?? undefined;
    } catch {
      text = undefined;
    }
    memory.set(key, text);
  }
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Stores a value in this browser; undefined removes it. Until the page is closed, it also holds if the browser refuses.
 * @returns whether the browser stores it
 */
export function save(key: string, value: unknown): boolean {
  if (forgotten) return false;
  const text = value === undefined ? undefined : JSON.stringify(value);
  memory.set(key, text);
  try {
    if (text === undefined) window.localStorage.removeItem(PREFIX + key);
    else window.localStorage.setItem(PREFIX + key, text);
    return true;
  } catch {
    // The value stays in memory.
    return false;
  }
}

/** Removes everything that `save` stored in this browser, for all its users. Until the page is left, it stores nothing more. */
export function forgetAll(): void {
  forgotten = true;
  memory.clear();
  try {
    for (const key of Object.keys(window.localStorage)) if (key.startsWith(PREFIX)) window.localStorage.removeItem(key);
  } catch {
    // What the browser refuses to read it has not stored.
  }
}
