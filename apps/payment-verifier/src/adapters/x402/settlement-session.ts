import type { ExactEvmScheme } from '@x402/evm/exact/facilitator';
import { encodeFunctionData, getAddress, type Abi, type Hex } from 'viem';
import {
  isUnanswered,
  newestAttempt,
  reasonOf,
  type Call,
  type EvmNode,
  type LaneTransaction,
} from '@touchstone/evm';
import type { TokenCode } from '../evm/token-code.js';
import type { EvmSettlementChain, Receipt } from '../evm/evm-settlement-chain.js';

/** The signer interface of the official package. */
export type FacilitatorEvmSigner = ConstructorParameters<typeof ExactEvmScheme>[0];
type ReadArguments = Parameters<FacilitatorEvmSigner['readContract']>[0];
type WriteArguments = Parameters<FacilitatorEvmSigner['writeContract']>[0];

/** Gas of a transfer with a 65-byte signature: USDC takes about 85 000, a first-time recipient some more. */
export const TRANSFER_GAS = 150_000n;
/** Largest gas limit for a contract wallet's signature check, which is the payer's code and our gas. */
export const WALLET_TRANSFER_GAS_MAX = 400_000n;
/** Milliseconds between the first two looks for a receipt; the pause grows by half each time. */
export const RECEIPT_POLL_FIRST_MS = 25;
export const RECEIPT_POLL_LAST_MS = 1_000;
/** Milliseconds after which the stored transaction is read again, because recovery may have raised its fees. */
export const RELAY_RELOAD_MS = 2_000;
/** Looks without an answer after which waiting ends and recovery takes over. */
export const RECEIPT_UNANSWERED_MAX = 3;
/** `transferWithAuthorization` with v, r, s has nine arguments; with signature bytes it has seven. */
const ECDSA_ARGUMENTS = 9;

/** EIP-3009's function that moves the money. */
const TRANSFER_FUNCTION = 'transferWithAuthorization';
/** A call of it. */
export type TransferCall = WriteArguments;

/** What one session needs. */
export interface SessionParts {
  readonly node: EvmNode;
  readonly chain: EvmSettlementChain;
  readonly account: Hex;
  readonly tokenCode: TokenCode;
  readonly confirmationTimeoutMs: number;
  /** The transaction of the reservation; absent in a session that only verifies. */
  readonly relay?: Relay;
}

/** The one transaction of a reservation. */
export interface Relay {
  /** Signs and stores it; a second call gets the first one. */
  prepare(call: Call): Promise<LaneTransaction>;
  send(transaction: LaneTransaction): Promise<unknown>;
  /** As it is stored now: its fees may have been raised meanwhile. */
  stored(): Promise<LaneTransaction | undefined>;
}

/**
 * The signer that the official facilitator is given for one call. It keeps two promises that the facilitator does not
 * make: the transaction is stored before it is sent, and a question that the node did not answer is remembered as
 * such (the facilitator would call it an invalid signature or a failed simulation).
 */
export class SettlementSession implements FacilitatorEvmSigner {
  /** The first thing that kept the facilitator from an answer. */
  failure: unknown;
  /** The stored transaction; from here on only the chain decides. */
  transaction: LaneTransaction | undefined;
  receipt: Receipt | undefined;
  /** The call that would pay, as the official package encodes it for its simulation. */
  transfer: TransferCall | undefined;
  private sent = false;
  /** One look at each account is enough for one call; the facilitator takes two at the payer. */
  private readonly codes = new Map<Hex, Promise<Hex | undefined>>();

  constructor(private readonly parts: SessionParts) {}

  getAddresses(): readonly Hex[] {
    return [this.parts.account];
  }

  readContract(call: ReadArguments): Promise<unknown> {
    if (call.functionName === TRANSFER_FUNCTION) this.transfer = { ...call, args: call.args ?? [] };
    return this.observed(() =>
      this.parts.node.client.readContract({ ...call, abi: call.abi as Abi, args: call.args ?? [] }),
    );
  }

  /**
   * Knows the code of the token from here on. The facilitator begins its look at it and may leave it before it has ended; a
   * rejection that nobody waits for would end the process.
   *
   * @throws what the node did not answer
   */
  async knowToken(): Promise<void> {
    await this.getCode({ address: getAddress(this.parts.tokenCode.address) });
  }

  getCode({ address }: { address: Hex }): Promise<Hex | undefined> {
    const known = this.codes.get(address);
    if (known !== undefined) return known;
    const { tokenCode } = this.parts;
    const code =
      address.toLowerCase() === tokenCode.address
        ? tokenCode.read(() => this.askCode(address))
        : this.askCode(address);
    this.codes.set(address, code);
    return code;
  }

  private askCode(address: Hex): Promise<Hex | undefined> {
    return this.observed(() => this.parts.node.client.getCode({ address }));
  }

  verifyTypedData(call: Parameters<FacilitatorEvmSigner['verifyTypedData']>[0]): Promise<boolean> {
    const parameters = call as unknown as Parameters<EvmNode['client']['verifyTypedData']>[0];
    return this.observed(() => this.parts.node.client.verifyTypedData(parameters));
  }

  /** Stores, then sends. A failed sending is no failure of the payment: the bytes are stored and are sent again. */
  async writeContract(call: WriteArguments): Promise<Hex> {
    try {
      const { relay } = this.parts;
      if (relay === undefined) throw new Error('This session only verifies.');
      const transaction = await relay.prepare(await this.relayedCall(call));
      this.transaction = transaction;
      await relay.send(transaction).catch(() => undefined);
      this.sent = true;
      return newestAttempt(transaction).hash as Hex;
    } catch (error) {
      this.failure ??= error;
      throw error;
    }
  }

  /** Deploying wallets for payers is not offered: the signing policy allows one function of one contract. */
  sendTransaction(): Promise<Hex> {
    return Promise.reject(new Error('Only transferWithAuthorization is sent.'));
  }

  /**
   * Polls until the receipt of any of the signed bytes stands deep enough, the time is up or the node stops answering.
   */
  async waitForTransactionReceipt(): Promise<Receipt> {
    const { confirmationTimeoutMs } = this.parts;
    const deadline = performance.now() + confirmationTimeoutMs;
    let reloadAt = performance.now() + RELAY_RELOAD_MS;
    let unanswered = 0;
    // What was sent just now stands in no block yet; what was sent before may.
    if (this.sent) await new Promise((resolve) => setTimeout(resolve, RECEIPT_POLL_FIRST_MS));
    for (let pauseMs = RECEIPT_POLL_FIRST_MS; ; pauseMs = Math.min(pauseMs * 1.5, RECEIPT_POLL_LAST_MS)) {
      try {
        if (performance.now() > reloadAt) {
          this.transaction = (await this.parts.relay?.stored()) ?? this.transaction;
          reloadAt = performance.now() + RELAY_RELOAD_MS;
        }
        const receipt = await this.anyReceipt();
        if (receipt !== undefined && (await this.isDeepEnough(receipt))) {
          this.receipt = receipt;
          return receipt;
        }
        unanswered = 0;
      } catch (error) {
        unanswered += 1;
        if (unanswered >= RECEIPT_UNANSWERED_MAX) throw error;
      }
      if (performance.now() + pauseMs > deadline) throw new Error('The receipt did not come in time.');
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  private async anyReceipt(): Promise<Receipt | undefined> {
    for (const { hash } of [...(this.transaction?.attempts ?? [])].reverse()) {
      const receipt = await this.parts.chain.receiptOf(hash as Hex);
      if (receipt !== undefined) return receipt;
    }
    return undefined;
  }

  private async isDeepEnough(receipt: Receipt): Promise<boolean> {
    const { chain } = this.parts;
    if (chain.isConfirmed(receipt.blockNumber, receipt.blockNumber)) return true;
    return chain.isConfirmed(receipt.blockNumber, (await chain.latestBlock()).number);
  }

  private async relayedCall(call: WriteArguments): Promise<Call> {
    const data = encodeFunctionData({
      abi: call.abi as Abi,
      functionName: call.functionName,
      args: call.args as unknown[],
    });
    const to = call.address.toLowerCase() as Hex;
    if (call.args.length === ECDSA_ARGUMENTS) return { to, data, gas: TRANSFER_GAS };
    const { node, account } = this.parts;
    const estimate = await this.observed(() => node.client.estimateGas({ account, to, data }));
    const gas = (estimate * 5n) / 4n;
    if (gas > WALLET_TRANSFER_GAS_MAX)
      throw new Error(
        `The wallet's signature check needs ${gas} gas, at most ${WALLET_TRANSFER_GAS_MAX} is paid.`,
      );
    return { to, data, gas };
  }

  /** Runs a question; what the node answers is passed on in one line, what it does not answer is remembered. */
  private async observed<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      if (isUnanswered(error)) this.failure ??= error;
      throw new Error(reasonOf(error), { cause: error });
    }
  }
}
