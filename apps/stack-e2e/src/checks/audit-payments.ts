import type { StackDescription } from '@touchstone/embedded';
import { testUsdc } from '@touchstone/evm-contracts/test-token';
import { createPublicClient, http, parseAbi, type Hex, type PublicClient } from 'viem';
import { paymentOf, type CallRecord, type Inference, type Payment } from '../record.js';
import type { Database } from '../stack/database.js';
import { onceOnly, type Check, type Finding } from './finding.js';

const tokenEvents = parseAbi([
  'event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)',
  'event Transfer(address indexed from, address indexed to, uint256 value)',
]);

/** Where the chain stood before the first payment. */
export interface PurseBefore {
  readonly block: bigint;
  readonly payer: bigint;
  readonly treasury: bigint;
}

/** What the chain and the payment-verifier's tables say about payments. */
export interface PaymentFacts {
  /** Used nonces with the transaction that used each, `0x` and lower case. */
  readonly used: readonly { readonly nonce: string; readonly transaction: string }[];
  /** Transfers from the payer to the treasury. */
  readonly transfers: readonly { readonly transaction: string; readonly value: bigint }[];
  readonly reservations: readonly {
    readonly nonce: string;
    readonly state: string;
    readonly transaction: string | null;
  }[];
  /** The gateway's verifications by the nonce that paid for them. */
  readonly verifications: readonly { readonly nonce: string; readonly id: string; readonly state: string }[];
  readonly payerSpent: bigint;
  readonly treasuryGained: bigint;
}

/** Reads balances of the payer and of the treasury. */
export class PaymentAudit {
  private readonly chain: PublicClient;

  constructor(
    private readonly description: StackDescription,
    private readonly database: Database,
  ) {
    this.chain = createPublicClient({ transport: http(description.chain.rpcUrl) });
  }

  async before(): Promise<PurseBefore> {
    const { payer, treasury } = this.description.chain;
    return {
      block: await this.chain.getBlockNumber({ cacheTime: 0 }),
      payer: await this.balance(payer),
      treasury: await this.balance(treasury),
    };
  }

  async facts(before: PurseBefore): Promise<PaymentFacts> {
    const { payer, treasury, usdc } = this.description.chain;
    const range = { address: usdc as Hex, fromBlock: before.block + 1n, toBlock: 'latest' } as const;
    const used = await this.chain.getLogs({
      ...range,
      event: tokenEvents[0],
      args: { authorizer: payer as Hex },
    });
    const transfers = await this.chain.getLogs({
      ...range,
      event: tokenEvents[1],
      args: { from: payer as Hex, to: treasury as Hex },
    });
    return {
      used: used.map(({ args, transactionHash }) => ({
        nonce: (args.nonce ?? '').toLowerCase(),
        transaction: transactionHash,
      })),
      transfers: transfers.map(({ args, transactionHash }) => ({
        transaction: transactionHash,
        value: args.value ?? 0n,
      })),
      reservations: await this.database.rows(
        `SELECT '0x' || encode(nonce, 'hex') AS nonce, state, '0x' || encode(transaction, 'hex') AS transaction
         FROM payments.reservations`,
      ),
      verifications: await this.database.rows(
        `SELECT context -> 'payment' ->> 'nonce' AS nonce, id, state FROM gateway.verifications
         WHERE reservation_id IS NOT NULL`,
      ),
      payerSpent: before.payer - (await this.balance(payer)),
      treasuryGained: (await this.balance(treasury)) - before.treasury,
    };
  }

  private balance(owner: string): Promise<bigint> {
    return this.chain.readContract({
      address: this.description.chain.usdc as Hex,
      abi: testUsdc.abi,
      functionName: 'balanceOf',
      args: [owner as Hex],
    });
  }
}

const plain = (nonce: string): string => nonce.replace(/^0x/, '').toLowerCase();

/** Each acknowledged inference was paid once, and nothing was taken for a payment that was refused. */
export function auditPayments(facts: PaymentFacts, record: CallRecord): Finding[] {
  return record.inferences.flatMap((inference) => {
    const refused = inference.payments
      .filter(({ refusal }) => refusal !== undefined)
      .flatMap((payment) => auditRefused(facts, inference, payment));
    const payment = paymentOf(inference);
    if (inference.answer === undefined || payment === undefined) return refused;
    return [...refused, ...auditPaid(facts, inference, payment)];
  });
}

function auditPaid(facts: PaymentFacts, inference: Inference, payment: Payment): Finding[] {
  const used = facts.used.filter(({ nonce }) => plain(nonce) === plain(payment.nonce));
  const transfers = facts.transfers.filter(({ transaction }) =>
    used.some((authorization) => authorization.transaction === transaction),
  );
  const rows = facts.reservations.filter(({ nonce }) => plain(nonce) === plain(payment.nonce));
  const records = facts.verifications.filter(({ nonce }) => plain(nonce) === plain(payment.nonce));
  const settled = rows.filter(
    ({ state, transaction }) => state === 'settled' && transaction === used[0]?.transaction,
  );
  return [
    ...onceOnly(inference, used.length, 'authorisation used on the chain'),
    ...onceOnly(inference, transfers.length, 'transfer on the chain'),
    ...onceOnly(inference, rows.length, 'row of the ledger'),
    ...onceOnly(inference, settled.length, 'row settled by the transaction that stands on the chain'),
    ...onceOnly(inference, records.length, 'verification of the payment'),
    ...onceOnly(
      inference,
      records.filter(({ id, state }) => id === inference.answer?.verificationId && state === 'settled')
        .length,
      'settled verification with the acknowledged id',
    ),
  ];
}

function auditRefused(facts: PaymentFacts, inference: Inference, payment: Payment): Finding[] {
  const used = facts.used.filter(({ nonce }) => plain(nonce) === plain(payment.nonce));
  const what = `a refused payment was charged (${payment.refusal})`;
  return used.length === 0 ? [] : [{ kind: 'doubled', inference, what }];
}

/** The sums agree with the caller's record, and no transfer is there that no caller paid. */
export function auditSums(facts: PaymentFacts, record: CallRecord): Check[] {
  const owed = record
    .acknowledged()
    .reduce((sum, inference) => sum + (paymentOf(inference)?.amount ?? 0n), 0n);
  const moved = facts.transfers.reduce((sum, { value }) => sum + value, 0n);
  const known = new Set(record.payments().map(({ nonce }) => plain(nonce)));
  const strangers = facts.used.filter(({ nonce }) => !known.has(plain(nonce)));
  const open = facts.reservations.filter(({ state }) => state === 'settling' || state === 'reserved');
  return [
    {
      name: 'balances moved by what was acknowledged',
      holds: facts.payerSpent === owed && facts.treasuryGained === owed && moved === owed,
      detail: `acknowledged ${owed}, payer spent ${facts.payerSpent}, treasury gained ${facts.treasuryGained}, transfers ${moved}`,
    },
    {
      name: 'every transfer belongs to a caller’s payment',
      holds: strangers.length === 0 && facts.transfers.length === facts.used.length,
      detail: `${facts.transfers.length} transfers, ${facts.used.length} authorisations, ${strangers.length} unknown`,
    },
    {
      name: 'no payment is left open',
      holds: open.length === 0,
      detail: `${facts.reservations.length} rows, ${open.length} open`,
    },
  ];
}
