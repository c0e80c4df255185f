interface Limits {
  max: number;
  lifetimeMs: number;
}

/**
 * Creates a bounded cache of rows in this process. It is off until `clear(true)`.
 * @param now a monotonic time in milliseconds
 */
export function createRowCache<T extends { id: string }>({ max, lifetimeMs }: Limits, now = () => performance.now()) {
  const entries = new Map<string, { row: T; until: number }>();
  const names = new Map<string, string>();
  let isOn = false;
  /** Counts the changes that this process was told. */
  let changes = 0;

  function forget(id: string): void {
    changes++;
    entries.delete(names.get(id) ?? id);
    names.delete(id);
  }

  function store(name: string, row: T): void {
    const [oldest] = entries.size >= max && !entries.has(name) ? entries.values() : [];
    if (oldest) {
      entries.delete(names.get(oldest.row.id) ?? '');
      names.delete(oldest.row.id);
    }
    entries.set(name, { row, until: now() + lifetimeMs });
    names.set(row.id, name);
  }

  return {
    /** The row with a name (its id, or a hash), from memory or from `load`. A missing row is not kept. */
    async read(name: string, load: () => Promise<T | null>): Promise<T | null> {
      const entry = entries.get(name);
      if (entry && now() < entry.until) return entry.row;
      const before = changes;
      const row = await load();
      // A change that was told meanwhile may be later than what was read.
      if (row && isOn && changes === before) store(name, row);
      return row;
    },
    /** Drops the row with an id. */
    forget,
    /** Drops every row, and switches the cache on or off. */
    clear(on: boolean): void {
      changes++;
      isOn = on;
      entries.clear();
      names.clear();
    },
  };
}
