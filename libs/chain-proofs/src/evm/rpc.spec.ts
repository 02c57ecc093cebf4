import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { bytesToHex } from '@touchstone/crypto';
import { verifyEvmAnchor } from './anchor.js';
import { parseEvmAnchorProof, type EvmAnchorProof } from './anchor-proof.js';
import { anchorStorageSlot } from './anchor-slot.js';
import { evmHeaderFields } from './header.js';
import { decodeRlp } from './rlp.js';
import { evmAnchorProofFromRpc } from './rpc.js';

const file = new URL('../../vectors/evm-anchor.json', import.meta.url);
const { valid } = JSON.parse(readFileSync(file, 'utf8')) as {
  valid: {
    contract: string;
    submitter: string;
    commitment: string;
    proof: EvmAnchorProof;
    expected: { headerHash: string };
  };
};
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const [contract, submitter, commitment] = [valid.contract, valid.submitter, valid.commitment].map(bytes) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

/** The recorded block as `eth_getBlockByNumber` gave it. */
function recordedBlock(): Record<string, unknown> {
  const fields = decodeRlp(bytes(valid.proof.header)) as Uint8Array[];
  const members = fields.map((field, index) => {
    const { name, form } = evmHeaderFields[index] ?? { name: 'unknown', form: 'data' };
    const text = bytesToHex(field);
    return [name, form === 'data' ? `0x${text}` : `0x${text.replace(/^0+/, '') || '0'}`];
  });
  return { ...Object.fromEntries(members), hash: `0x${valid.expected.headerHash}` };
}

const prefixed = (nodes: readonly string[]): string[] => nodes.map((node) => `0x${node}`);
const block = recordedBlock();
const slot = {
  key: `0x${bytesToHex(anchorStorageSlot(submitter, commitment))}`,
  value: '0x200000000000000006925e1b0',
  proof: prefixed(valid.proof.storageProof),
};
const proof = { accountProof: prefixed(valid.proof.accountProof), storageProof: [slot] };

/** Collects an answer and verifies it as a reader of the evidence does. */
function outcomeOf(answer: unknown, header: unknown) {
  const collected = evmAnchorProofFromRpc(header, answer);
  if (!collected.ok) return collected.reason;
  const parsed = parseEvmAnchorProof(collected.proof);
  if (!parsed.ok) return parsed.actual;
  const verified = verifyEvmAnchor({ ...parsed.proof, contract, submitter, commitment });
  return verified.ok ? 'verified' : verified.actual;
}

const capitals = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value).replace(/"0x([0-9a-f]*)"/g, (_text, hex: string) => `"0x${hex.toUpperCase()}"`),
  );

describe('eth_getProof as the clients spell it', () => {
  it('gives the form of the evidence bundle', () => {
    expect(evmAnchorProofFromRpc(block, proof)).toEqual({
      ok: true,
      hash: valid.expected.headerHash,
      proof: valid.proof,
    });
  });

  it.each<[string, unknown, unknown]>([
    [
      'empty nodes at the end of both lists',
      {
        accountProof: [...proof.accountProof, '0x', '0x'],
        storageProof: [{ ...slot, proof: [...slot.proof, '0x', '0x'] }],
      },
      block,
    ],
    [
      'empty nodes in front and between',
      {
        accountProof: ['0x', ...proof.accountProof.flatMap((node) => [node, '0x'])],
        storageProof: [{ ...slot, proof: ['0x', ...slot.proof] }],
      },
      block,
    ],
    [
      'a value padded to 32 bytes',
      { ...proof, storageProof: [{ ...slot, value: `0x${slot.value.slice(2).padStart(64, '0')}` }] },
      block,
    ],
    ['a short key', { ...proof, storageProof: [{ ...slot, key: '0x0' }] }, block],
    ['no key and no value', { ...proof, storageProof: [{ proof: slot.proof }] }, block],
    ['capitals', capitals(proof), capitals(block)],
    [
      'a capital prefix',
      { ...proof, accountProof: proof.accountProof.map((node) => node.replace('0x', '0X')) },
      block,
    ],
  ])('with %s verifies as before', (_name, answer, header) => {
    expect(outcomeOf(answer, header)).toBe('verified');
  });

  it('never hides an empty node from the verifier, whose bytes have one spelling', () => {
    const stray = { ...valid.proof, storageProof: [...valid.proof.storageProof, ''] };
    expect(parseEvmAnchorProof(stray)).toMatchObject({ ok: false, check: 'input' });
  });

  it('that is null says that the node has no such account', () => {
    expect(outcomeOf(null, block)).toBe('eth_getProof: the node has no such account');
  });

  it.each<[string, unknown, unknown]>([
    ['an unknown block', null, proof],
    ['no answer', block, undefined],
    ['a proof without its account', block, { ...proof, accountProof: undefined }],
    ['an account node that is not hex', block, { ...proof, accountProof: ['0xab', 'xy'] }],
    ['an account node that is null', block, { ...proof, accountProof: [null] }],
    ['no slot', block, { ...proof, storageProof: [] }],
    ['no list of slots', block, { ...proof, storageProof: undefined }],
    ['slots that are null', block, { ...proof, storageProof: null }],
    ['two slots', block, { ...proof, storageProof: [slot, slot] }],
    ['a slot without nodes', block, { ...proof, storageProof: [{ key: '0x1' }] }],
    ['a slot that is null', block, { ...proof, storageProof: [null] }],
  ])('is refused with %s', (_name, header, answer) => {
    expect(evmAnchorProofFromRpc(header, answer).ok).toBe(false);
  });
});
