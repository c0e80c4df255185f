import { BaseError, ContractFunctionZeroDataError, ExecutionRevertedError, HttpRequestError, RpcRequestError, TimeoutError } from 'viem';

/** Whether a contract refused, be it with the demand to ask off the chain: some nodes say so by a code of their own, but with its data. */
const isRevert = (error: BaseError) =>
  error.walk(
    (each) =>
      each instanceof ExecutionRevertedError ||
      (each instanceof RpcRequestError && typeof each.data === 'string' && each.data.startsWith('0x')),
  ) !== null;

const nodeFaults = [HttpRequestError, TimeoutError, RpcRequestError, ContractFunctionZeroDataError];

/** Whether the chain has said nothing: the node is away, asks for patience, or is broken, which it may also say with status 200. */
export const isNodeUnreachable = (error: unknown) =>
  !(error instanceof BaseError) || (!isRevert(error) && error.walk((each) => nodeFaults.some((fault) => each instanceof fault)) !== null);
