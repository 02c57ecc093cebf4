import { keccak256, serializeTransaction, toHex, type Hex, type TransactionSerializableEIP1559 } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { hexToBytes } from '@touchstone/crypto';
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

/** Signs EIP-1559 transactions with viem; `privateKey` is 32 bytes. */
export function createTransactionSigner(keyId: string, privateKey: Uint8Array): TransactionSigner {
  const account = privateKeyToAccount(toHex(privateKey));
  return {
    keyId,
    address: account.address.toLowerCase(),
    digest(transaction) {
      const hash = keccak256(serializeTransaction(toViem(transaction)));
      return hexToBytes(hash.slice(2)) ?? new Uint8Array();
    },
    async sign(transaction) {
      const rawTransaction = await account.signTransaction(toViem(transaction));
      return { rawTransaction, hash: keccak256(rawTransaction), from: account.address.toLowerCase() };
    },
  };
}
