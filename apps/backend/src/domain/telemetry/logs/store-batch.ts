import { isRefusedData } from '../../../infra/database/refused-data.ts';
import type { LogRecord } from './log-line.ts';
import type { LogChunk } from './log-store.ts';

export interface Item {
  record: LogRecord;
  /** The engine's time of the last line up to here. */
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

/** Attempts per agent of a batch to find the records that Postgres refuses; past it what it refuses is left out whole. */
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

/** One gap mark in place of all of a piece. */
function asGap(piece: Piece): Piece {
  const { record, readTo } = lastOf(piece);
  return { ...piece, items: [{ record: [record[0], 'gap'], readTo, characters: 0 }] };
}

interface Options {
  /** Stores chunks in one transaction. @returns whether this process may still store */
  store: (chunks: LogChunk[]) => Promise<boolean>;
  /** Told of records that Postgres refuses. */
  onRefused: (agentId: string, records: number, error: unknown) => void;
}

/**
 * Stores pieces of many agents' logs. Where Postgres refuses the data, the batch is split down to the record that it
 * refuses: a gap mark takes its place, and everything else is stored.
 * @returns the chunks as they were stored, or `null` when this process may not store any more
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
    const spent = (attempts.get(agentId) ?? 0) + 1;
    attempts.set(agentId, spent);
    const outcome = await attempt([chunkOf(piece)]);
    if (outcome === 'lost') return null;
    if (outcome === 'stored') return [chunkOf(piece)];
    if (items.length > 1 && spent < MAX_ATTEMPTS) return storeInTurn(halves(piece));
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
