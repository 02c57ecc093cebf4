import { AppError } from '@touchstone/contracts';
import {
  bytesToHex,
  ecdsaRecoverPublicKey,
  evmAddress,
  hexToBytes,
  type EcdsaSigner,
} from '@touchstone/crypto';
import { keccak256, serializeTransaction, type Hex, type TransactionSerializableEIP1559 } from 'viem';
import type { Eip1559Transaction, TransactionSigner } from '../../domain/sign-transaction.js';

const toViem = (transaction: Eip1559Transaction): TransactionSerializableEIP1559 => ({
  type: 'eip1559',
  chainId: transaction.chainId,
  nonce: transaction.nonce,
  to: transaction.to as Hex,
  value: transaction.value,
  data: transaction.data as Hex,
  gas: transaction.gas,
  maxFeePerGas: transaction.maxFeePerGas,
  maxPriorityFeePerGas: transaction.maxPriorityFeePerGas,
});

const digestOf = (transaction: TransactionSerializableEIP1559): Uint8Array =>
  hexToBytes(keccak256(serializeTransaction(transaction)).slice(2)) ?? new Uint8Array();

/**
 * Signs EIP-1559 transactions: serialised by viem, signed like everything else here, by libsecp256k1 in constant time
 * and verified before it leaves.
 */
export function createTransactionSigner(keyId: string, signer: EcdsaSigner): TransactionSigner {
  const address = evmAddress(signer.publicKey);

  /** The parity with which a contract or node finds our address, and no other one. */
  const parityOf = (digest: Uint8Array, compact: Uint8Array): 0 | 1 => {
    for (const parity of [0, 1] as const) {
      const point = ecdsaRecoverPublicKey(digest, compact, parity === 1);
      if (point && evmAddress(point) === address) return parity;
    }
    throw new AppError('internal', 'A new signature of a transaction does not lead to its account.');
  };

  return {
    keyId,
    address,
    digest: (transaction) => digestOf(toViem(transaction)),
    sign: (transaction) => {
      const unsigned = toViem(transaction);
      const digest = digestOf(unsigned);
      const compact = signer.sign(digest);
      const rawTransaction = serializeTransaction(unsigned, {
        r: `0x${bytesToHex(compact.subarray(0, 32))}`,
        s: `0x${bytesToHex(compact.subarray(32))}`,
        yParity: parityOf(digest, compact),
      });
      return Promise.resolve({ rawTransaction, hash: keccak256(rawTransaction), from: address });
    },
  };
}
