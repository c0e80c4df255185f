import { createPublicClient, custom, type PublicClient } from 'viem';
import type { ChainReader } from '../src/infra/chain/chains.ts';

/** The answers of a chain's node by method; a function gets the parameters of the call. */
export type NodeAnswers = Record<string, unknown | ((params: never) => unknown)>;

/** A chain whose node gives fixed answers, read by the real client. @see https://ethereum.org/en/developers/docs/apis/json-rpc/ */
export function chainOf(id: number, answers: NodeAnswers): ChainReader {
  const request = async ({ method, params }: { method: string; params: unknown }) => {
    if (method === 'eth_chainId') return answers.eth_chainId ?? `0x${id.toString(16)}`;
    if (!(method in answers)) throw new Error(`The test has no answer for ${method}`);
    const answer = answers[method];
    return typeof answer === 'function' ? answer(params) : answer;
  };
  return { id, client: createPublicClient({ transport: custom({ request } as never, { retryCount: 0 }) }) as PublicClient };
}
