import { describe, expect, it } from '@jest/globals';
import { auditLeaves, auditLog, type LogFacts } from '../src/checks/audit-log.js';
import { auditPayments, auditSums, type PaymentFacts } from '../src/checks/audit-payments.js';
import { mustBeZero } from '../src/checks/zero-metrics.js';
import { CallRecord, type Payment } from '../src/record.js';
import { makeReport } from '../src/report/report.js';
import { bytesToHex } from '@touchstone/crypto';
import { batchEntryText } from '@touchstone/evidence';
import { leafHash, merkleRoot, merkleRootOfData } from '@touchstone/merkle';

const PRICE = 10_000n;
const PAYER = `0x${'aa'.repeat(20)}`;
const hash = (byte: number): string => byte.toString(16).padStart(2, '0').repeat(32);
const nonceOf = (number: number): string => `0x${hash(0x10 + number)}`;
const transactionOf = (number: number): string => `0x${hash(0x20 + number)}`;
const idOf = (number: number): string => `01a1fd2c-7cf1-7e02-9a3f-00000000000${number}`;

function payment(nonce: string): Payment {
  return { header: 'signed', payer: PAYER, nonce, amount: PRICE };
}

/** Two acknowledged inferences, the second of them after a refused payment. */
function soundRecord(): CallRecord {
  const record = new CallRecord();
  for (const number of [0, 1]) {
    const inference = record.begin('none', { body: '{}' });
    if (number === 1) inference.payments.push({ ...payment(nonceOf(9)), refusal: '402 payment-invalid' });
    inference.payments.push(payment(nonceOf(number)));
    inference.answer = { verificationId: idOf(number), modelVersionId: hash(1), outputs: [], body: '{}' };
  }
  return record;
}

function soundPayments(): PaymentFacts {
  return {
    used: [0, 1].map((number) => ({ nonce: nonceOf(number), transaction: transactionOf(number) })),
    transfers: [0, 1].map((number) => ({ transaction: transactionOf(number), value: PRICE })),
    reservations: [0, 1].map((number) => ({
      nonce: nonceOf(number),
      state: 'settled',
      transaction: transactionOf(number),
    })),
    verifications: [0, 1].map((number) => ({
      nonce: nonceOf(number).slice(2),
      id: idOf(number),
      state: 'settled',
    })),
    payerSpent: 2n * PRICE,
    treasuryGained: 2n * PRICE,
  };
}

describe('the audit of payments', () => {
  const first = <T>(items: readonly T[]): T => items[0] as T;
  const table: [string, 'lost' | 'doubled', (facts: PaymentFacts) => Partial<PaymentFacts>][] = [
    ['a transfer that is gone', 'lost', ({ transfers }) => ({ transfers: transfers.slice(1) })],
    ['an authorisation that is gone', 'lost', ({ used }) => ({ used: used.slice(1) })],
    [
      'a transfer made twice',
      'doubled',
      ({ transfers }) => ({ transfers: [...transfers, first(transfers)] }),
    ],
    ['a row that is gone', 'lost', ({ reservations }) => ({ reservations: reservations.slice(1) })],
    [
      'a row that is not settled',
      'lost',
      ({ reservations }) => ({
        reservations: [{ ...first(reservations), state: 'settling' }, ...reservations.slice(1)],
      }),
    ],
    [
      'a row settled by another transaction',
      'lost',
      ({ reservations }) => ({
        reservations: [{ ...first(reservations), transaction: transactionOf(7) }, ...reservations.slice(1)],
      }),
    ],
    [
      'a verification that is gone',
      'lost',
      ({ verifications }) => ({ verifications: verifications.slice(1) }),
    ],
    [
      'a model that ran twice for one payment',
      'doubled',
      ({ verifications }) => ({
        verifications: [...verifications, { ...first(verifications), id: idOf(5) }],
      }),
    ],
    [
      'an answer that was stored under another id',
      'lost',
      ({ verifications }) => ({
        verifications: [{ ...first(verifications), id: idOf(5) }, ...verifications.slice(1)],
      }),
    ],
    [
      'a refused payment that was charged',
      'doubled',
      ({ used }) => ({ used: [...used, { nonce: nonceOf(9), transaction: transactionOf(9) }] }),
    ],
  ];

  it('finds nothing where everything is there once', () => {
    expect(auditPayments(soundPayments(), soundRecord())).toEqual([]);
    expect(auditSums(soundPayments(), soundRecord()).filter(({ holds }) => !holds)).toEqual([]);
  });

  it.each(table)('finds %s', (_what, kind, change) => {
    const facts = soundPayments();
    const findings = auditPayments({ ...facts, ...change(facts) }, soundRecord());
    expect(findings.map((finding) => finding.kind)).toContain(kind);
  });

  it.each([
    ['the payer spent more', { payerSpent: 3n * PRICE }],
    ['the treasury gained less', { treasuryGained: PRICE }],
    [
      'somebody paid whom no caller knows',
      { used: [...soundPayments().used, { nonce: nonceOf(8), transaction: transactionOf(8) }] },
    ],
    ['a payment is open', { reservations: [{ nonce: nonceOf(0), state: 'settling', transaction: null }] }],
  ])('says so when %s', (_what, change) => {
    const checks = auditSums({ ...soundPayments(), ...change }, soundRecord());
    expect(checks.some(({ holds }) => !holds)).toBe(true);
  });
});

const batchId = '01a1fd2c-7cf1-7e02-9a3f-4d6f24a40a4e';
const leaves = [0, 1].map((number) => hash(0x40 + number));

function soundLog(): LogFacts & { signed: { size: bigint; root: Uint8Array } } {
  const root = merkleRoot(leaves.map((leaf) => leafHash(Uint8Array.from(Buffer.from(leaf, 'hex')))));
  const entry = batchEntryText({
    type: 'touchstone.batch.v1',
    batchId,
    kind: 'output',
    leafFormat: 'model-output-v1',
    treeProfile: 'rfc9162-sha256',
    leafCount: 2,
    root: bytesToHex(root),
    scope: { modelVersionId: hash(1) },
    sealedAt: '2026-01-02T03:04:05.678Z',
    nodeId: 'local-1',
    signature: null,
  });
  return {
    leaves: leaves.map((leaf, number) => ({ verification: idOf(number), leaf, batch: batchId })),
    entries: [entry],
    copied: [entry],
    copiedLeaves: leaves,
    signed: { size: 1n, root: merkleRootOfData([new TextEncoder().encode(entry)]) },
  };
}

describe('the audit of the log', () => {
  const audit = (change: Partial<LogFacts>) =>
    auditLeaves({ ...soundLog(), ...change }, soundRecord().acknowledged());

  it('finds nothing where everything is there once', () => {
    const { signed, ...facts } = soundLog();
    expect(audit({})).toEqual([]);
    expect(auditLog(facts, signed).filter(({ holds }) => !holds)).toEqual([]);
  });

  it.each([
    ['a leaf that is gone', 'lost', { leaves: soundLog().leaves.slice(1) }],
    ['a leaf that stands twice', 'doubled', { leaves: [...soundLog().leaves, ...soundLog().leaves] }],
    [
      'a leaf without a batch',
      'lost',
      { leaves: soundLog().leaves.map((leaf) => ({ ...leaf, batch: null })) },
    ],
    ['a batch that is not in the log', 'lost', { entries: [] }],
    [
      'a batch that is in the log twice',
      'doubled',
      { entries: [...soundLog().entries, ...soundLog().entries] },
    ],
    ['a leaf that the reader lacks', 'lost', { copiedLeaves: leaves.slice(1) }],
    ['a leaf that the reader has twice', 'doubled', { copiedLeaves: [...leaves, ...leaves] }],
  ])('finds %s', (_what, kind, change) => {
    expect(audit(change).map((finding) => finding.kind)).toContain(kind);
  });

  it.each([
    ['the signed root is another', {}, { size: 1n, root: new Uint8Array(32) }],
    ['the log is shorter than its checkpoint', {}, { ...soundLog().signed, size: 2n }],
    ['nothing was signed', {}, undefined],
    ['a batch lacks a leaf', { leaves: soundLog().leaves.slice(1) }, soundLog().signed],
    ['the copy lacks an entry', { copied: [] }, soundLog().signed],
    ['a leaf stands twice', { leaves: [...soundLog().leaves, ...soundLog().leaves] }, soundLog().signed],
  ])('says so when %s', (_what, change, signed) => {
    expect(auditLog({ ...soundLog(), ...change }, signed).some(({ holds }) => !holds)).toBe(true);
  });
});

describe('the report', () => {
  const phases = [{ name: 'none', title: '', happened: 'nothing', failure: undefined, seconds: 1 }];
  const parts = () => ({
    seed: 1,
    seconds: 1,
    phases,
    inferences: soundRecord().inferences,
    findings: [],
    checks: [],
  });
  const [inference] = soundRecord().inferences;

  it('holds when nothing is wrong', () => {
    expect(makeReport(parts())).toMatchObject({ holds: true, acknowledged: 2, lost: 0, doubled: 0 });
  });

  it.each([
    ['something is lost', { findings: [{ kind: 'lost' as const, inference: inference!, what: 'x' }] }],
    ['something is doubled', { findings: [{ kind: 'doubled' as const, inference: inference!, what: 'x' }] }],
    ['a check is broken', { checks: [{ name: 'x', holds: false, detail: '' }] }],
    ['a fault did not take hold', { phases: [{ ...phases[0]!, happened: undefined, failure: 'late' }] }],
    ['nothing was asked', { inferences: [] }],
  ])('does not hold when %s', (_what, change) => {
    expect(makeReport({ ...parts(), ...change }).holds).toBe(false);
  });

  it('does not hold when an inference was never answered', () => {
    const record = soundRecord();
    record.begin('none', { body: '{}' });
    expect(makeReport({ ...parts(), inferences: record.inferences }).holds).toBe(false);
  });

  it('counts an inference once, however much is wrong with it', () => {
    const findings = ['x', 'y'].map((what) => ({ kind: 'lost' as const, inference: inference!, what }));
    expect(makeReport({ ...parts(), findings })).toMatchObject({ lost: 1, phases: [{ lost: 1 }] });
  });
});

describe('figures that must be 0', () => {
  it('are those whose help says so, at their largest', () => {
    const text = [
      '# HELP touchstone_a_total Proofs that failed; must be 0.',
      '# TYPE touchstone_a_total counter',
      'touchstone_a_total{kind="x"} 0',
      'touchstone_a_total{kind="y"} 2',
      '# HELP touchstone_b_total Anything.',
      'touchstone_b_total 5',
      'touchstone_a_total_more 9',
    ].join('\n');
    expect([...mustBeZero(text)]).toEqual([['touchstone_a_total', 2]]);
  });

  it('leaves samples out that a fault may raise, and no others of their figure', () => {
    const of = (there: number, here: number): string =>
      `# HELP touchstone_b_now must be 0.\ntouchstone_b_now{network="there"} ${there}\ntouchstone_b_now{network="here"} ${here}\n`;
    const excused = ['touchstone_b_now{network="there"'];
    expect([...mustBeZero(of(1, 0), excused)]).toEqual([['touchstone_b_now', 0]]);
    expect([...mustBeZero(of(0, 1), excused)]).toEqual([['touchstone_b_now', 1]]);
    expect([...mustBeZero(of(1, 0))]).toEqual([['touchstone_b_now', 1]]);
  });
});
