import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { filled, storedRecord, syntheticAnchor } from '../../test/synthetic-state.js';
import { verifyEvmAnchor } from './anchor.js';
import { parseEvmAnchorProof, type EvmAnchorProof } from './anchor-proof.js';
import { encodeRlp, type RlpItem } from './rlp.js';

interface Target {
  readonly contract: string;
  readonly submitter: string;
  readonly commitment: string;
  readonly proof: EvmAnchorProof;
}

interface Vector {
  readonly valid: Target & { readonly expected: Readonly<Record<string, string>> };
  readonly invalid: readonly {
    readonly name: string;
    readonly check: string;
    readonly replace: Partial<Target>;
  }[];
}

const file = new URL('../../vectors/evm-anchor.json', import.meta.url);
const { valid, invalid } = JSON.parse(readFileSync(file, 'utf8')) as Vector;
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

function verify(target: Target) {
  const parsed = parseEvmAnchorProof(target.proof);
  if (!parsed.ok) return parsed;
  const [contract, submitter, commitment] = [
    bytes(target.contract),
    bytes(target.submitter),
    bytes(target.commitment),
  ];
  return verifyEvmAnchor({ ...parsed.proof, contract, submitter, commitment });
}

describe('verifyEvmAnchor on a recorded chain', () => {
  it('accepts the proof and reports header, code, block and time', () => {
    const { headerHash, headerNumber, headerTimestamp, codeHash, blockNumber, timestamp } = valid.expected;
    expect(verify(valid)).toEqual({
      ok: true,
      header: {
        hash: headerHash,
        number: BigInt(headerNumber ?? -1),
        timestamp: BigInt(headerTimestamp ?? -1),
      },
      codeHash,
      anchoredAt: { blockNumber: BigInt(blockNumber ?? -1), timestamp: BigInt(timestamp ?? -1) },
    });
  });

  it.each(invalid)('refuses: $name', ({ check, replace }) => {
    const result = verify({ ...valid, ...replace, proof: { ...valid.proof, ...replace.proof } });
    expect(result).toMatchObject({ ok: false, check });
  });

  it('refuses every single changed bit of header and nodes, or reports another header hash', () => {
    const members = [valid.proof.header, ...valid.proof.accountProof, ...valid.proof.storageProof];
    for (const [index, text] of members.entries()) {
      for (let position = 0; position < text.length; position += 7) {
        const digit = (Number.parseInt(text[position] as string, 16) ^ 1).toString(16);
        const changed = members.with(index, text.slice(0, position) + digit + text.slice(position + 1));
        const accounts = valid.proof.accountProof.length;
        const proof = {
          header: changed[0] as string,
          accountProof: changed.slice(1, 1 + accounts),
          storageProof: changed.slice(1 + accounts),
        };
        const result = verify({ ...valid, proof });
        if (result.ok) expect(index === 0 && result.header.hash !== valid.expected['headerHash']).toBe(true);
      }
    }
  });
});

describe('verifyEvmAnchor on a synthetic state, where every hash links', () => {
  it.each([
    [1n, 1n],
    [99n, 1000n],
    [100n, 1000n],
  ])('accepts a record of block %s at %s under block 100 at 1000', (blockNumber, timestamp) => {
    const result = verifyEvmAnchor(syntheticAnchor({ storedValue: storedRecord(blockNumber, timestamp) }));
    expect(result).toMatchObject({ ok: true, anchoredAt: { blockNumber, timestamp } });
  });

  it.each([
    [0n, 1000n],
    [101n, 1000n],
    [100n, 999n],
    [99n, 0n],
    [99n, 1001n],
    [2n ** 64n, 1000n],
  ])('refuses a record of block %s at %s', (blockNumber, timestamp) => {
    const result = verifyEvmAnchor(syntheticAnchor({ storedValue: storedRecord(blockNumber, timestamp) }));
    expect(result).toMatchObject({ ok: false, check: 'value' });
  });

  it.each([
    ['a leading zero', encodeRlp(Uint8Array.of(0, 1))],
    ['33 bytes', encodeRlp(filled(33, 1))],
    ['a list', encodeRlp([])],
    ['no RLP', Uint8Array.of(0x81)],
  ])('refuses a stored value of %s', (_name, storedValue) => {
    expect(verifyEvmAnchor(syntheticAnchor({ storedValue }))).toMatchObject({ ok: false, check: 'storage' });
  });

  it.each<[string, (items: RlpItem[]) => RlpItem]>([
    ['three items', (items) => items.slice(0, 3)],
    ['five items', (items) => [...items, Uint8Array.of(1)]],
    ['a nonce with a leading zero', (items) => items.with(0, Uint8Array.of(0))],
    ['a balance that is a list', (items) => items.with(1, [])],
    ['a storage root of 31 bytes', (items) => items.with(2, filled(31, 1))],
    ['a code hash of 33 bytes', (items) => items.with(3, filled(33, 1))],
    ['no list', () => filled(70, 1)],
    ['no RLP', () => Uint8Array.of(0)],
  ])('refuses an account of %s', (_name, account) => {
    const result = verifyEvmAnchor(syntheticAnchor({ storedValue: storedRecord(1n, 1n), account }));
    expect(result).toMatchObject({ ok: false, check: 'account' });
  });

  it('refuses an account value that is not RLP at all', () => {
    const input = syntheticAnchor({ storedValue: storedRecord(1n, 1n), account: () => Uint8Array.of(0x05) });
    expect(verifyEvmAnchor(input)).toMatchObject({
      ok: false,
      check: 'account',
      actual: 'malformed account 05',
    });
  });

  it('says that the contract has no account', () => {
    const input = { ...syntheticAnchor({ storedValue: storedRecord(1n, 1n) }), contract: filled(20, 1) };
    expect(verifyEvmAnchor(input)).toMatchObject({ ok: false, check: 'account', actual: 'no such account' });
  });

  it('says that there is no record for this submitter', () => {
    const input = { ...syntheticAnchor({ storedValue: storedRecord(1n, 1n) }), submitter: filled(20, 1) };
    expect(verifyEvmAnchor(input)).toMatchObject({ ok: false, check: 'storage', actual: 'no such record' });
  });

  it.each(['contract', 'submitter', 'commitment'] as const)('refuses a %s of another length', (member) => {
    const input = syntheticAnchor({ storedValue: storedRecord(1n, 1n) });
    const result = verifyEvmAnchor({ ...input, [member]: filled(21, 1) });
    expect(result).toMatchObject({ ok: false, check: 'input', actual: '21 bytes' });
  });
});
