import { describe, expect, it } from '@jest/globals';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex } from '@touchstone/crypto';
import { filled, headerFields } from '../../test/synthetic-state.js';
import { EVM_HEADER_FIELDS_MIN, evmHeaderFields } from './header.js';
import { encodeRlp, type RlpItem } from './rlp.js';
import { encodeHeaderFromRpc, evmAnchorProofFromRpc } from './rpc.js';

const appended: RlpItem[] = [
  Uint8Array.of(7),
  filled(32, 1),
  new Uint8Array(),
  new Uint8Array(),
  filled(32, 2),
  filled(32, 3),
];
const allFields = [...headerFields(filled(32, 9)), ...appended] as Uint8Array[];

/** The answer of a chain node for a header of the first `count` fields. */
function blockOf(count: number): Record<string, unknown> {
  const fields = allFields.slice(0, count);
  const entries = evmHeaderFields.slice(0, count).map(({ name, form }, index) => {
    const text = bytesToHex(fields[index] as Uint8Array);
    return [name, form === 'data' ? `0x${text}` : `0x${text.replace(/^0/, '') || '0'}`];
  });
  const hash = `0x${bytesToHex(keccak_256(encodeRlp(fields)))}`;
  return { ...Object.fromEntries(entries), hash, size: '0x1', transactions: [] };
}

const block = blockOf(21);

describe('encodeHeaderFromRpc', () => {
  it.each([15, 16, 17, 19, 20, 21])('rebuilds a header of %s fields', (count) => {
    const result = encodeHeaderFromRpc(blockOf(count));
    expect(result).toMatchObject({ ok: true, headerRlp: encodeRlp(allFields.slice(0, count)) });
  });

  it('takes null for a field that the chain does not have, and hex of any case', () => {
    const upper = {
      ...blockOf(15),
      miner: `0x${'03'.repeat(20)}`.toUpperCase().replace('0X', '0x'),
      baseFeePerGas: null,
    };
    expect(encodeHeaderFromRpc(upper).ok).toBe(true);
  });

  it.each<[string, unknown]>([
    ['null, which stands for an unknown block', null],
    ['a string', 'block'],
    ['a block without an original field', { ...block, stateRoot: undefined }],
    ['a quantity that is a number', { ...block, number: 100 }],
    ['a quantity without a digit', { ...block, number: '0x' }],
    ['a quantity that is too long', { ...block, number: `0x${'1'.repeat(65)}` }],
    ['a hash of 31 bytes', { ...block, parentHash: `0x${'01'.repeat(31)}` }],
    ['data without a prefix', { ...block, extraData: '00' }],
    ['data that is not hex', { ...block, extraData: '0xzz' }],
    ['data that is too long', { ...block, extraData: `0x${'00'.repeat(8193)}` }],
    ['a number in place of data', { ...block, extraData: 0 }],
    ['a field after a missing one', { ...block, withdrawalsRoot: undefined }],
  ])('refuses %s', (_name, value) => {
    expect(encodeHeaderFromRpc(value).ok).toBe(false);
  });

  it.each<[string, unknown]>([
    ['another hash', { ...block, hash: `0x${'00'.repeat(32)}` }],
    ['no hash, as a pending block', { ...block, hash: null }],
    ['another field than the hash covers', { ...block, gasUsed: '0x5' }],
    ['one field fewer than the hash covers', { ...block, requestsHash: undefined }],
  ])('refuses a block with %s', (_name, value) => {
    expect(encodeHeaderFromRpc(value)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('header hash'),
    });
  });

  it('knows that the original fields end where the appended ones begin', () => {
    expect(evmHeaderFields[EVM_HEADER_FIELDS_MIN]?.name).toBe('baseFeePerGas');
  });
});

describe('evmAnchorProofFromRpc', () => {
  const proof = {
    accountProof: ['0xAB', '0xcd'],
    storageProof: [{ key: '0x1', value: '0x2', proof: ['0xef'] }],
  };

  it('gives the form of the evidence bundle', () => {
    const result = evmAnchorProofFromRpc(block, proof);
    expect(result).toEqual({
      ok: true,
      hash: String(block['hash']).slice(2),
      proof: { header: bytesToHex(encodeRlp(allFields)), accountProof: ['ab', 'cd'], storageProof: ['ef'] },
    });
  });

  it.each<[string, unknown, unknown]>([
    ['an unknown block', null, proof],
    ['no proof', block, null],
    ['a proof without its account', block, { ...proof, accountProof: undefined }],
    ['an account node that is not hex', block, { ...proof, accountProof: ['0xab', 'xy'] }],
    ['no slot', block, { ...proof, storageProof: [] }],
    ['no list of slots', block, { ...proof, storageProof: undefined }],
    ['two slots', block, { ...proof, storageProof: [...proof.storageProof, ...proof.storageProof] }],
    ['a slot without nodes', block, { ...proof, storageProof: [{ key: '0x1' }] }],
    ['a slot that is null', block, { ...proof, storageProof: [null] }],
  ])('refuses %s', (_name, header, answer) => {
    expect(evmAnchorProofFromRpc(header, answer).ok).toBe(false);
  });
});
