import { createRequire } from 'node:module';
import {
  type Abi,
  type Address,
  encodeAbiParameters,
  type Hex,
  numberToHex,
  pad,
  parseAbiParameters,
  parseEventLogs,
  zeroAddress,
  zeroHash,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import type { TestChain } from './chain.ts';

const require = createRequire(import.meta.url);
const artifact = (name: string) =>
  require(`@ethereum-attestation-service/eas-contracts/artifacts/contracts/${name}.sol/${name}.json`) as { abi: Abi; bytecode: Hex };

const deployer = mnemonicToAccount('test test test test test test test test test test test junk');

/** The address of the resolver of Coinbase's schema; the schema's uid derives from it. */
const COINBASE_RESOLVER: Address = '0xD867CbEd445c37b0F95Cc956fe6B539BdEf7F32f';

/** Bytecode that returns the storage value at the call's first argument. */
const lookUp: Hex = ('0x60043554' + '60005260206000f3') as Hex;
/**
 * Bytecode of a schema's resolver with a list of attesters, as Coinbase's is: it reverts unless the storage holds a value at
 * the attestation's attester. `attest` and `revoke` have the attestation at the same place.
 * @see https://github.com/coinbase/verifications/blob/main/src/abstracts/AllowlistResolverUpgradeable.sol
 */
const allowList: Hex = ('0x6101043554600c57' + '600080fd' + '5b600160005260206000f3') as Hex;

/**
 * Deploys the real contracts of the Ethereum Attestation Service on a chain.
 * @param eas the address of the EAS contract, as on Base
 */
export async function deployAttestations({ client }: TestChain, eas: Address) {
  const deploy = async (name: string, args: unknown[]) => {
    const { abi, bytecode } = artifact(name);
    const hash = await client.deployContract({ abi, bytecode, args, account: deployer, chain: client.chain });
    const { contractAddress } = await client.waitForTransactionReceipt({ hash });
    return contractAddress as Address;
  };
  const registry = await deploy('SchemaRegistry', []);
  const deployed = await deploy('EAS', [registry]);
  await client.setCode({ address: eas, bytecode: (await client.getCode({ address: deployed })) as Hex });
  await client.setCode({ address: COINBASE_RESOLVER, bytecode: allowList });
  const easAbi = artifact('EAS').abi;
  const registryAbi = artifact('SchemaRegistry').abi;

  async function act(address: Address, abi: Abi, functionName: string, args: unknown[], account: Address = deployer.address) {
    await client.impersonateAccount({ address: account });
    await client.setBalance({ address: account, value: 10n ** 18n });
    // The simulation throws the contract's own error.
    await client.simulateContract({ address, abi, functionName, args, account });
    const hash = await client.writeContract({ address, abi, functionName, args, account, chain: client.chain });
    const receipt = await client.waitForTransactionReceipt({ hash });
    if (receipt.status !== 'success') throw new Error(`${functionName} failed`);
    return parseEventLogs({ abi, logs: receipt.logs }) as unknown as { eventName: string; args: { uid: Hex } }[];
  }

  return {
    /** Registers a schema. @returns its uid */
    async register(schema: string, resolver: Address = zeroAddress): Promise<Hex> {
      const [event] = await act(registry, registryAbi, 'register', [schema, resolver, true]);
      return event?.args.uid as Hex;
    },
    /** Registers Coinbase's schema "Verified Account", with the same uid as on Base. */
    async registerCoinbase(attester: Address): Promise<Hex> {
      await this.permit(attester);
      return this.register('bool verifiedAccount', COINBASE_RESOLVER);
    },
    /** Puts an address on the list of those who may attest with Coinbase's schema. */
    permit: (attester: Address) =>
      client.setStorageAt({ address: COINBASE_RESOLVER, index: pad(attester), value: numberToHex(1, { size: 32 }) }),
    /** Attests. @returns the attestation's uid */
    async attest(
      attester: Address,
      { schema, recipient, value = true, expiresAt = 0n }: { schema: Hex; recipient: Address; value?: boolean; expiresAt?: bigint },
    ): Promise<Hex> {
      const data = encodeAbiParameters(parseAbiParameters('bool'), [value]);
      const request = { recipient, expirationTime: expiresAt, revocable: true, refUID: zeroHash, data, value: 0n };
      const events = await act(eas, easAbi, 'attest', [{ schema, data: request }], attester);
      return events.find(({ eventName }) => eventName === 'Attested')?.args.uid as Hex;
    },
    async revoke(attester: Address, schema: Hex, uid: Hex): Promise<void> {
      await act(eas, easAbi, 'revoke', [{ schema, data: { uid, value: 0n } }], attester);
    },
    /** Adds an attestation to a double of Coinbase's indexer; the double holds one schema. */
    async index(indexer: Address, recipient: Address, uid: Hex): Promise<void> {
      await client.setCode({ address: indexer, bytecode: lookUp });
      await client.setStorageAt({ address: indexer, index: pad(recipient), value: uid });
    },
  };
}
