import { describe, expect, it } from '@jest/globals';
import { PostgresLaneStore } from '@touchstone/evm';
import { Outbox } from '@touchstone/postgres';
import { oldOutbox, olderVersions } from '@touchstone/testing';
import type { Config } from '../src/config.js';
import { reasons } from '../src/domain/reasons.js';
import { PostgresReservationStore } from '../src/persistence/postgres-reservation-store.js';
import { PostgresReservationOwner } from '../src/persistence/postgres-reservation-owner.js';
import { service } from '../src/service.js';

const NETWORK = 'eip155:84532';
const RELAYER = `0x${'cd'.repeat(20)}`;
const ASSET = `0x${'03'.repeat(20)}`;
const PAYER = `0x${'44'.repeat(20)}`;
const PAY_TO = `0x${'55'.repeat(20)}`;
const AT = '2026-11-21T08:00:00.123Z';
const LATER = '2026-11-21T09:00:00.456Z';
const VALID_BEFORE = '115792089237316195423570985008687907853269984665640564039457584007913129639935';

const id = (place: number): string => `019aa580-0000-7000-8000-0000000000a${place}`;
/** 32 bytes as hex, another one for each reservation and purpose. */
const hex = (purpose: number, place: number): string => `${purpose}${place}`.repeat(32);
const settlementOf = (place: number) => ({
  success: true,
  transaction: `0x${hex(5, place)}`,
  network: NETWORK,
});
const call = { to: ASSET, data: '0xe3ee160e', gas: '90000' };

interface Change {
  readonly state: string;
  readonly verified?: boolean;
  readonly hasTransaction?: boolean;
  readonly logIndex?: number;
  readonly settlement?: object;
  readonly reason?: string;
}

function reservation(place: number, change: Change): string {
  const { state, verified = true, hasTransaction = false, logIndex, settlement, reason } = change;
  const text = (value: string | undefined): string => (value === undefined ? 'NULL' : `'${value}'`);
  return `INSERT INTO payments.reservations (id, network, asset, payer, nonce, request_digest, authorization_digest,
      pay_to, amount, valid_before, state, verified, lease_until, from_block, transaction, log_index, settlement, reason,
      created_at, updated_at)
    VALUES ('${id(place)}', '${NETWORK}', '${ASSET}', '${PAYER}', '\\x${hex(1, place)}', '\\x${hex(2, place)}',
      '\\x${hex(3, place)}', '${PAY_TO}', 10000, ${VALID_BEFORE}, '${state}', ${verified}, '${LATER}', 4000000000,
      ${hasTransaction ? `'\\x${hex(5, place)}'` : 'NULL'}, ${logIndex ?? 'NULL'},
      ${text(settlement && JSON.stringify(settlement))}, ${text(reason)}, '${AT}', '${LATER}');`;
}

/** A transaction as it was kept before the lane. */
const transaction = (place: number, hash: string, nonce: number, state: string, at: string): string =>
  `INSERT INTO payments.transactions
     (hash, reservation_id, network, account, nonce, call, raw, state, signed_at, touched_at)
   VALUES ('\\x${hash}', '${id(place)}', '${NETWORK}', '${RELAYER}', ${nonce}, '${JSON.stringify(call)}',
     '\\x02${hash}', '${state}', '${at}', '${at}');`;

/** The same in the lane. */
const inLane = (place: number, hash: string, nonce: number, state: string, at: string): string =>
  `INSERT INTO payments.lane_transaction
     (id, subject, network, account, nonce, call, attempts, sent_at_block, state, signed_at, touched_at)
   VALUES (gen_random_uuid(), '${id(place)}', '${NETWORK}', '${RELAYER}', ${nonce}, '${JSON.stringify(call)}',
     '[{"hash": "0x${hash}", "raw": "0x02${hash}", "maxFeePerGas": "0", "maxPriorityFeePerGas": "0"}]', NULL, '${state}',
     '${at}', '${at}');`;

const LOST = hex(6, 2);
const reservations = [
  reservation(1, { state: 'reserved' }),
  reservation(2, { state: 'settling', hasTransaction: true }),
  reservation(3, { state: 'settled', hasTransaction: true, logIndex: 4, settlement: settlementOf(3) }),
  reservation(4, { state: 'settled', hasTransaction: true, logIndex: 5, settlement: settlementOf(4) }),
  reservation(5, {
    ...{ state: 'failed', hasTransaction: true, reason: reasons.transactionFailed },
    settlement: { success: false, transaction: `0x${hex(5, 5)}`, errorReason: reasons.transactionFailed },
  }),
  reservation(6, { state: 'released', reason: 'the model failed' }),
  reservation(7, { state: 'reserved', verified: false }),
].join('');

const lane = (table: string): string =>
  `INSERT INTO payments.${table} (network, account, next_nonce) VALUES ('${NETWORK}', '${RELAYER}', 4);`;

const versions = olderVersions({
  service: 'payment-verifier',
  optionsFor: (url) => service.databaseOptions({ DATABASE_URL: url } as Config),
  rows: [
    { sql: reservations },
    {
      before: 'ShareLanes1785500000000',
      sql: [
        lane('lanes'),
        transaction(2, LOST, 2, 'replaced', AT),
        transaction(2, hex(5, 2), 3, 'signed', LATER),
        transaction(3, hex(5, 3), 2, 'mined', LATER),
        // The development chain began anew after this one, and the lane counted from 0 again.
        transaction(4, hex(5, 4), 2, 'mined', AT),
        transaction(5, hex(5, 5), 1, 'mined', LATER),
      ].join(''),
    },
    {
      since: 'FollowPayments1785400000000',
      before: 'ShareLanes1785500000000',
      sql: `UPDATE payments.transactions SET state = 'final', block_number = 4000000001, block_hash = '\\x${hex(8, 5)}'
            WHERE nonce = 1;`,
    },
    {
      since: 'ShareLanes1785500000000',
      sql: [
        lane('lane'),
        inLane(2, LOST, 2, 'lost', AT),
        inLane(2, hex(5, 2), 3, 'open', LATER),
        inLane(3, hex(5, 3), 2, 'mined', LATER),
        inLane(4, hex(5, 4), 2, 'lost', AT),
        inLane(5, hex(5, 5), 1, 'final', LATER),
      ].join(''),
    },
    {
      since: 'OwePayments1785600000000',
      sql: `UPDATE payments.reservations SET recheck_after = '9999-12-31T00:00:00Z' WHERE state = 'failed';`,
    },
    ...oldOutbox('payments', 'evt.v1.payment.transfer.failed', {
      ...{ reservationId: id(5), requestDigest: hex(2, 5), reason: reasons.transactionFailed, failedAt: AT },
      payment: {
        network: NETWORK,
        asset: ASSET,
        payer: PAYER,
        payTo: PAY_TO,
        amount: '10000',
        nonce: hex(1, 5),
      },
    }),
  ],
  taken: ['inbox', 'lanes', 'transactions'],
  expectRows: async (dataSource, version) => {
    const store = new PostgresReservationStore(dataSource, new Outbox(dataSource));
    const found = (place: number) => store.find(id(place));
    const times = { leaseUntilMs: Date.parse(LATER), updatedAtMs: Date.parse(LATER) };
    expect(await found(3)).toEqual({
      ...{ id: id(3), network: NETWORK, asset: ASSET, payer: PAYER, nonce: hex(1, 3), payTo: PAY_TO },
      ...{ requestDigest: hex(2, 3), authorizationDigest: hex(3, 3), amount: 10_000n, ...times },
      ...{ validBefore: BigInt(VALID_BEFORE), state: 'settled', verified: true, fromBlock: 4_000_000_000n },
      ...{ transaction: `0x${hex(5, 3)}`, settlement: settlementOf(3), reason: null },
      // What the columns of later say of a payment of then.
      ...{ authorization: null, transfer: null, owedAtMs: null, recheckAtMs: null, otherRequests: 0 },
    });
    expect(await found(1)).toMatchObject({ state: 'reserved', verified: true, transaction: null });
    expect(await found(2)).toMatchObject({ state: 'settling', transaction: `0x${hex(5, 2)}` });
    expect(await found(4)).toMatchObject({ state: 'settled', settlement: settlementOf(4) });
    expect(await found(6)).toMatchObject({ state: 'released', reason: 'the model failed' });
    expect(await found(7)).toMatchObject({ state: 'reserved', verified: false });
    // A transfer that reverted may have been sent by somebody else: it is looked at again when it can be no more.
    const due = await store.due(Date.UTC(9999, 11, 31, 12), 10);
    expect(due.map((row) => [row.id, row.state])).toEqual([[id(5), 'failed']]);

    const lanes = new PostgresLaneStore<undefined>(dataSource, {
      ...{
        schema: 'payments',
        network: NETWORK,
        owner: new PostgresReservationOwner(Date.now),
        drainMs: 0,
        nowMs: Date.now,
      },
    });
    const ofSubjects = await lanes.ofSubjects([2, 3, 4, 5].map(id));
    const told = [...ofSubjects.values()].map(({ subject, nonce, state, attempts }) => [
      ...[subject, nonce, state, attempts.map(({ hash, raw }) => [hash, raw])],
    ]);
    const expected = (place: number, nonce: number, state: string) => [
      ...[id(place), nonce, state, [[`0x${hex(5, place)}`, `0x02${hex(5, place)}`]]],
    ];
    const wasFollowed = version !== 'CreatePayments1785000000000';
    expect(told).toEqual([
      expected(2, 3, 'open'),
      expected(3, 2, 'mined'),
      expected(4, 2, 'lost'),
      expected(5, 1, wasFollowed ? 'final' : 'mined'),
    ]);
    expect((await lanes.open(Number.POSITIVE_INFINITY, 10)).map(({ call: made }) => made)).toEqual([
      { ...call, gas: 90_000n },
    ]);
    const [next] = (await dataSource.query(
      'SELECT next_nonce::int AS nonce FROM payments.lane',
    )) as unknown[];
    expect(next).toEqual({ nonce: 4 });
    const [lost] = (await dataSource.query(
      'SELECT state FROM payments.lane_transaction WHERE attempts @> $1',
      [JSON.stringify([{ hash: `0x${LOST}` }])],
    )) as unknown[];
    expect(lost).toEqual({ state: 'lost' });
  },
});

describe('a database of an older version', () => {
  it.each(versions)('that had $version as its last migration loses nothing', ({ check }) => check(), 60_000);
});
