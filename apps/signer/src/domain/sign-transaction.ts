import { AppError } from '@touchstone/contracts';
import type { AuditLog } from './ports.js';
import { checkTransaction, type PolicyTransaction, type TransactionPolicy } from './transaction-policy.js';

export type TransactionKey = 'anchor' | 'settlement';

/** A typed EIP-1559 transaction. */
export interface Eip1559Transaction extends PolicyTransaction {
  readonly nonce: number;
  readonly maxPriorityFeePerGas: bigint;
}

export interface SignedTransaction {
  readonly rawTransaction: string;
  readonly hash: string;
  readonly from: string;
}

/** Serialises and signs; one per key, so that a key cannot be chosen by mistake. */
export interface TransactionSigner {
  readonly keyId: string;
  readonly address: string;
  /** Digest of the unsigned transaction, 32 bytes. */
  digest(transaction: Eip1559Transaction): Uint8Array;
  sign(transaction: Eip1559Transaction): Promise<SignedTransaction>;
}

/** Signs chain transactions under the policy of their key. */
export class TransactionSigning {
  constructor(
    private readonly signers: Readonly<Record<TransactionKey, TransactionSigner>>,
    private readonly policies: Readonly<Record<TransactionKey, TransactionPolicy>>,
    private readonly audit: AuditLog,
  ) {}

  /** @throws AppError `signing-refused` */
  async sign(
    key: TransactionKey,
    transaction: Eip1559Transaction,
    caller: string,
  ): Promise<SignedTransaction> {
    const signer = this.signers[key];
    const audited = {
      caller,
      operation: 'sign-transaction',
      keyId: signer.keyId,
      digest: signer.digest(transaction),
    } as const;
    try {
      checkTransaction(transaction, this.policies[key], caller);
    } catch (error) {
      if (error instanceof AppError)
        await this.audit.append({ ...audited, result: 'refused', reason: error.message });
      throw error;
    }
    const signed = await signer.sign(transaction);
    await this.audit.append({ ...audited, result: 'signed', reason: null });
    return signed;
  }

  addresses(): Readonly<Record<TransactionKey, string>> {
    return { anchor: this.signers.anchor.address, settlement: this.signers.settlement.address };
  }
}
