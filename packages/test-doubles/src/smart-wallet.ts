import { createRequire } from 'node:module';
import {
  type Abi,
  type Address,
  encodeFunctionData,
  type Hex,
  hashMessage,
  type PrivateKeyAccount,
  serializeErc6492Signature,
  zeroAddress,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import type { TestChain } from './chain.ts';

const require = createRequire(import.meta.url);
const artifact = (file: string) =>
  require(`@safe-global/safe-smart-account/build/artifacts/contracts/${file}.json`) as { abi: Abi; bytecode: Hex };

const deployer = mnemonicToAccount('test test test test test test test test test test test junk');

/**
 * Deploys the real contracts of Safe on a chain. A wallet has an address and can sign (ERC-6492) before its deployment.
 * @see https://eips.ethereum.org/EIPS/eip-6492
 */
export async function deploySafes({ client }: TestChain) {
  const account = deployer;
  const { chain } = client;
  const put = async (file: string) => {
    const { abi, bytecode } = artifact(file);
    const hash = await client.deployContract({ abi, bytecode, account, chain });
    const { contractAddress } = await client.waitForTransactionReceipt({ hash });
    return { abi, address: contractAddress as Address };
  };
  const safe = await put('Safe.sol/Safe');
  const factory = await put('proxies/SafeProxyFactory.sol/SafeProxyFactory');
  const handler = await put('handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler');

  return {
    /** The wallet of one owner, before its deployment. */
    async walletOf({ address: owner }: PrivateKeyAccount) {
      const setup = [[owner], 1n, zeroAddress, '0x', handler.address, zeroAddress, 0n, zeroAddress];
      const initializer = encodeFunctionData({ abi: safe.abi, functionName: 'setup', args: setup });
      const creation = { ...factory, functionName: 'createProxyWithNonce', args: [safe.address, initializer, 0n] };
      const { result } = await client.simulateContract({ ...creation, account, chain });
      const address = result as Address;
      return {
        address,
        /** A signature of `signer` for this wallet, in the form that the deployed contract verifies (ERC-1271). */
        signMessage: (message: string, signer: PrivateKeyAccount) =>
          signer.signTypedData({
            domain: { chainId: chain.id, verifyingContract: address },
            types: { SafeMessage: [{ name: 'message', type: 'bytes' }] },
            primaryType: 'SafeMessage',
            message: { message: hashMessage(message) },
          }),
        /** The signature with the deployment call (ERC-6492), valid before the deployment. */
        undeployed: (signature: Hex) =>
          serializeErc6492Signature({ address: factory.address, data: encodeFunctionData(creation), signature }),
        async deploy(): Promise<void> {
          const hash = await client.writeContract({ ...creation, account, chain });
          await client.waitForTransactionReceipt({ hash });
        },
      };
    },
  };
}
