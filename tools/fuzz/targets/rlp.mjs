import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { RLP } from '@ethereumjs/rlp';
import { decodeRlp, encodeRlp, parseEvmHeader } from '@touchstone/chain-proofs';
import { keccak256 } from '@touchstone/crypto';

const vector = new URL('../../../libs/chain-proofs/vectors/evm-anchor.json', import.meta.url);
const hex = (text) => Uint8Array.from(Buffer.from(text, 'hex'));

/** What is read as RLP is what @ethereumjs/rlp reads, and is written back byte by byte. */
export const rlp = {
  name: 'rlp',
  covers: ['/libs/chain-proofs/dist/evm/rlp', '/libs/chain-proofs/dist/evm/header'],
  dictionary: [
    '80',
    '8100',
    '8180',
    'c0',
    'c180',
    'b838',
    'b90100',
    'f838',
    'f90100',
    'ba000001',
    'bf',
    'ff',
    '820400',
  ].map((token) => [...hex(token)]),
  bytesMax: 2_048,
  seeds: () => {
    const found =
      readFileSync(vector, 'utf8').match(/"header(?:Rlp)?": ?"(?:0x)?([0-9a-f]{200,})"/)?.[1] ?? '';
    return [
      '',
      '00',
      '80',
      '8180',
      'c0',
      'c7c0c1c0c3c0c1c0',
      `b838${'61'.repeat(56)}`,
      `f838${'80'.repeat(56)}`,
      // Second spellings of a length, of a single byte and of an empty list.
      `b90038${'61'.repeat(56)}`,
      `f90038${'80'.repeat(56)}`,
      `b837${'61'.repeat(55)}`,
      '8100',
      'f800',
      found,
    ].map(hex);
  },
  run(bytes) {
    const item = decodeRlp(bytes);
    const header = parseEvmHeader(bytes);
    if (header) {
      assert.ok(item && !(item instanceof Uint8Array), 'a header that is no list');
      assert.deepEqual(header.hash, keccak256(bytes));
      assert.ok(header.number < 2n ** 64n && header.timestamp < 2n ** 64n);
    }
    if (item === undefined) return;
    assert.deepEqual(encodeRlp(item), bytes, 'another text is written back');
    assert.deepStrictEqual(plain(item), plain(RLP.decode(bytes)), '@ethereumjs/rlp reads something else');
  },
};

const plain = (item) => (item instanceof Uint8Array ? Buffer.from(item).toString('hex') : item.map(plain));
