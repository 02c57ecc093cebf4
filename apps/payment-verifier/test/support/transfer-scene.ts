import type {
  AskedTransfer,
  PresentedTransfer,
  SignedTransferClaim,
  TransferClaim,
} from '@touchstone/contracts/transfer';
import type { Hex } from 'viem';
import { TRANSFER_CONFIRMATIONS_DEFAULT } from '../../src/config.js';
import { askedFor, randomDigest, signClaim, Wallets, type SentTransaction } from './direct-payer.js';
import type { PaymentFixture } from './payment-fixture.js';
import { PRICE, type Payer } from './payer.js';

/** A payer who transfers and claims, beside payment-verifiers on a chain that mines nothing unasked. */
export class TransferScene {
  readonly wallets: Wallets;
  /** Set by {@link begin}. */
  payer!: Payer;

  constructor(readonly fixture: PaymentFixture) {
    this.wallets = new Wallets(fixture.token);
  }

  /** Another payer, who owns some of the token. */
  async begin(): Promise<void> {
    this.payer = await this.fixture.payer();
  }

  /** Unix seconds of the payment-verifiers' clock. */
  nowSeconds(): number {
    return Math.floor(this.fixture.clock.nowMs() / 1_000);
  }

  mine(blocks: number): Promise<unknown> {
    return this.fixture.token.rpc('anvil_mine', [`0x${blocks.toString(16)}`]);
  }

  /** A transfer of the payer that is deep enough. */
  async paid(amount = PRICE, to: Hex = this.fixture.payTo): Promise<SentTransaction> {
    const sent = await this.wallets.transfer(this.payer, to, amount);
    await this.mine(TRANSFER_CONFIRMATIONS_DEFAULT - 1);
    return sent;
  }

  /** What the payer signs about the first transfer of a transaction. */
  claim(
    { txHash, logIndexes }: SentTransaction,
    requestDigest: string,
    change: Partial<TransferClaim> = {},
    chainId?: number,
  ): Promise<SignedTransferClaim> {
    const { payer, fixture } = this;
    const parties = { payer: payer.address, payTo: fixture.payTo };
    const deadline = this.nowSeconds() + 600;
    const logIndex = logIndexes[0] ?? 0;
    return signClaim(payer, { txHash, logIndex, ...parties, requestDigest, deadline, ...change }, chainId);
  }

  authorize(
    transfer: PresentedTransfer,
    requestDigest: string,
    asked: AskedTransfer = askedFor(this.fixture.payTo),
  ) {
    const request = { transfer, asked, requestDigest };
    return this.fixture.gateway.call('payment-verifier', 'authorize-transfer', request);
  }

  /** Claims a transaction for a request of its own. */
  async first(
    sent: SentTransaction,
    change: Partial<TransferClaim> = {},
    asked?: AskedTransfer,
    alter: (signed: SignedTransferClaim) => SignedTransferClaim = (signed) => signed,
  ) {
    const digest = randomDigest();
    return this.authorize(alter(await this.claim(sent, digest, change)), digest, asked);
  }

  /** Claims a transaction for a request, which gets it. */
  async reserved(sent: SentTransaction, requestDigest = randomDigest()) {
    const result = await this.authorize(await this.claim(sent, requestDigest), requestDigest);
    if (result.outcome !== 'reserved') throw new Error(JSON.stringify(result));
    return { ...result, requestDigest };
  }

  settle(reservationId: string) {
    return this.fixture.gateway.call('payment-verifier', 'settle', { reservationId });
  }
}
