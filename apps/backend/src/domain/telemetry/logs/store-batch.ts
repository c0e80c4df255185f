import { isRefusedData } from '../../../infra/database/refused-data.ts';
import type { LogRecord } from './log-line.ts';
import type { LogChunk } from './log-store.ts';

export interface Item {
  record: LogRecord;
  /** The engine's time of the last line up to this record. */
  readTo: string;
  characters: number;
}

/** Records of one agent that wait to be stored together. */
export interface Piece {
  agentId: string;
  /** The id of the record before the first; empty when there is none. */
  after: string;
  items: Item[];
}

/** The maximum attempts per agent of a batch to isolate refused records; after them, a refused piece is left out as a whole. */
const MAX_ATTEMPTS = 40;

const lastOf = ({ items }: Piece) => items.at(-1) as Item;

function chunkOf({ agentId, after, items }: Piece): LogChunk {
  return { agentId, after, records: items.map(({ record }) => record), readTo: items.at(-1)?.readTo ?? '' };
}

function halves(piece: Piece): [Piece, Piece] {
  const middle = Math.ceil(piece.items.length / 2);
  const first = { ...piece, items: piece.items.slice(0, middle) };
  return [first, { ...piece, after: lastOf(first).record[0], items: piece.items.slice(middle) }];
}

/** One gap mark that replaces all records of a piece. */
function asGap(piece: Piece): Piece {
  const { record, readTo } = lastOf(piece);
  return { ...piece, items: [{ record: [record[0], 'gap'], readTo, characters: 0 }] };
}

interface Options {
  /** Stores chunks in one transaction. @returns false when this process has lost the lease */
  store: (chunks: LogChunk[]) => Promise<boolean>;
  /** Called for each group of records that Postgres refuses. */
  onRefused: (agentId: string, records: number, error: unknown) => void;
}

/**
 * Stores pieces of many agents' logs. When Postgres refuses the data, the batch is split down to the refused record: a gap
 * mark replaces it, and everything else is stored.
 * @returns the stored chunks, or `null` when this process has lost the lease
 * @throws the error of `store`, unless Postgres refused the data; a retry does not store a chunk twice
 */
export async function storePieces(pieces: Piece[], { store, onRefused }: Options): Promise<LogChunk[] | null> {
  async function attempt(chunks: LogChunk[]): Promise<'stored' | 'lost' | { refusal: unknown }> {
    try {
      return (await store(chunks)) ? 'stored' : 'lost';
    } catch (error) {
      if (!isRefusedData(error)) throw error;
      return { refusal: error };
    }
  }

  const attempts = new Map<string, number>();

  async function storeOne(piece: Piece): Promise<LogChunk[] | null> {
    const { agentId, items } = piece;
    const attemptCount = (attempts.get(agentId) ?? 0) + 1;
    attempts.set(agentId, attemptCount);
    const outcome = await attempt([chunkOf(piece)]);
    if (outcome === 'lost') return null;
    if (outcome === 'stored') return [chunkOf(piece)];
    if (items.length > 1 && attemptCount < MAX_ATTEMPTS) return storeInTurn(halves(piece));
    onRefused(agentId, items.length, outcome.refusal);
    const gap = chunkOf(asGap(piece));
    const marked = await attempt([gap]);
    if (marked === 'lost') return null;
    return marked === 'stored' ? [gap] : [];
  }

  async function storeTogether(together: Piece[]): Promise<LogChunk[] | null> {
    const [only] = together;
    if (only && together.length === 1) return storeOne(only);
    const chunks = together.map(chunkOf);
    const outcome = await attempt(chunks);
    if (outcome === 'lost') return null;
    if (outcome === 'stored') return chunks;
    const middle = Math.ceil(together.length / 2);
    const first = await storeTogether(together.slice(0, middle));
    const rest = first && (await storeTogether(together.slice(middle)));
    return rest && [...first, ...rest];
  }

  async function storeInTurn([first, second]: [Piece, Piece]): Promise<LogChunk[] | null> {
    const before = await storeOne(first);
    const rest = before && (await storeOne(second));
    return rest && [...before, ...rest];
  }

  return storeTogether(pieces);
}
