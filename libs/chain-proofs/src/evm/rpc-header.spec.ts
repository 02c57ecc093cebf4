import { describe, expect, it } from '@jest/globals';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex } from '@touchstone/crypto';
import { filled, headerFields } from '../../test/synthetic-state.js';
import { EVM_HEADER_FIELDS_MIN, evmHeaderFields } from './header.js';
import { encodeRlp, type RlpItem } from './rlp.js';
import {
  encodeHeaderFromRpc,
  EVM_UNKNOWN_FIELD_CHARACTERS_MAX,
  EVM_UNKNOWN_FIELDS_NAMED_MAX,
} from './rpc-header.js';

const appended: RlpItem[] = [
  Uint8Array.of(7),
  filled(32, 1),
  new Uint8Array(),
  new Uint8Array(),
  filled(32, 2),
  filled(32, 3),
  filled(32, 4),
  Uint8Array.of(0x2a),
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

const block = blockOf(23);

describe('encodeHeaderFromRpc', () => {
  it.each([15, 16, 17, 19, 20, 21, 22, 23])('rebuilds a header of %s fields', (count) => {
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
    ['one field fewer than the hash covers', { ...block, slotNumber: undefined }],
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

/** A block of a fork that is not known here: a header of 24 fields, as the node writes and as it encodes it. */
function blockOfLaterFork(names: readonly string[] = ['inclusionListHash']) {
  const headerRlp = encodeRlp([...allFields, filled(32, 5)]);
  const members = Object.fromEntries(names.map((name) => [name, `0x${'05'.repeat(32)}`]));
  return {
    raw: `0x${bytesToHex(headerRlp)}`,
    block: { ...block, ...members, hash: `0x${bytesToHex(keccak_256(headerRlp))}` },
  };
}

describe('a header with fields of a later fork', () => {
  it('is an error that names them, and says that the raw header would do', () => {
    expect(encodeHeaderFromRpc(blockOfLaterFork().block)).toMatchObject({
      ok: false,
      needsRawHeader: true,
      reason: expect.stringMatching(/members that are unknown here: inclusionListHash$/),
    });
  });

  it('is taken from debug_getRawHeader when that has the hash of the block', () => {
    const { block: later, raw } = blockOfLaterFork();
    expect(encodeHeaderFromRpc(later, raw)).toEqual({
      ok: true,
      hash: later.hash.slice(2),
      headerRlp: encodeRlp([...allFields, filled(32, 5)]),
    });
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['no hex', '0xzz'],
    ['the header of another block', `0x${bytesToHex(encodeRlp(allFields))}`],
    ['a header with a byte behind it', `${blockOfLaterFork().raw}00`],
  ])('is no header when debug_getRawHeader answers %s', (_name, raw) => {
    const result = encodeHeaderFromRpc(blockOfLaterFork().block, raw);
    expect(result).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/inclusionListHash.*debug_get/),
    });
    expect(result).not.toHaveProperty('needsRawHeader');
  });

  it('refuses bytes of the right hash that are no header', () => {
    const text = encodeRlp(filled(600, 1));
    const hash = `0x${bytesToHex(keccak_256(text))}`;
    expect(encodeHeaderFromRpc({ ...block, hash }, `0x${bytesToHex(text)}`).ok).toBe(false);
  });

  it('names EVM_UNKNOWN_FIELDS_NAMED_MAX fields and counts the others', () => {
    const names = Array.from({ length: EVM_UNKNOWN_FIELDS_NAMED_MAX }, (_, index) => `field${index}`);
    const reasonOf = (fields: readonly string[]): string =>
      (encodeHeaderFromRpc(blockOfLaterFork(fields).block) as { reason: string }).reason;
    expect(reasonOf(names)).toMatch(new RegExp(`: ${names.join(', ')}$`));
    expect(reasonOf([...names, 'oneMore'])).toMatch(new RegExp(`: ${names.join(', ')} and 1 more$`));
  });

  it('cuts a name after EVM_UNKNOWN_FIELD_CHARACTERS_MAX characters, and takes letters and digits alone', () => {
    const reasonOf = (name: string): string =>
      (encodeHeaderFromRpc(blockOfLaterFork([name]).block) as { reason: string }).reason;
    const longest = 'x'.repeat(EVM_UNKNOWN_FIELD_CHARACTERS_MAX);
    expect(reasonOf(longest)).toMatch(new RegExp(`: ${longest}$`));
    expect(reasonOf(`${longest}y`)).toMatch(new RegExp(`: ${longest}$`));
    expect(reasonOf('a\nlevel=error')).toMatch(/: a\?level\?error$/);
  });

  it('says so when no member is unknown', () => {
    const result = encodeHeaderFromRpc({ ...block, hash: `0x${'00'.repeat(32)}` });
    expect(result).toMatchObject({
      reason: expect.stringMatching(/no member of the block is unknown here$/),
    });
  });

  it('names the missing field of a gap', () => {
    expect(encodeHeaderFromRpc({ ...block, blockAccessListHash: null })).toMatchObject({
      ok: false,
      reason: 'header field slotNumber follows blockAccessListHash, which is missing',
    });
    expect(encodeHeaderFromRpc({ ...blockOf(21), blockAccessListHash: null, slotNumber: null }).ok).toBe(
      true,
    );
  });
});
