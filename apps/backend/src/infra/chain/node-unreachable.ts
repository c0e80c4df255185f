import { BaseError, ContractFunctionZeroDataError, ExecutionRevertedError, HttpRequestError, RpcRequestError, TimeoutError } from 'viem';

/**
 * Tells whether a contract reverted, an off-chain lookup request (EIP-3668) included. Some nodes report a revert under a
 * code of their own; the revert data identifies it.
 */
const isRevert = (error: BaseError) =>
  error.walk(
    (each) =>
      each instanceof ExecutionRevertedError ||
      (each instanceof RpcRequestError && typeof each.data === 'string' && each.data.startsWith('0x')),
  ) !== null;

/** Errors of the node or the connection; some nodes send them with HTTP status 200. */
const nodeFaults = [HttpRequestError, TimeoutError, RpcRequestError, ContractFunctionZeroDataError];

/** Tells whether an error means that the chain gave no answer: the node is unreachable, limits its rate or is broken. */
export const isNodeUnreachable = (error: unknown) =>
  !(error instanceof BaseError) || (!isRevert(error) && error.walk((each) => nodeFaults.some((fault) => each instanceof fault)) !== null);
