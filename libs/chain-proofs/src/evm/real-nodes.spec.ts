import { describe, expect, it } from '@jest/globals';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, hexToBytes } from '@touchstone/crypto';
import { readVectors, vectorsPresent } from '@touchstone/testing';
import { syntheticAnchor } from '../../test/synthetic-state.js';
import { verifyEvmAnchor } from './anchor.js';
import { parseEvmAnchorProof } from './anchor-proof.js';
import { parseEvmHeader } from './header.js';
import { decodeRlp, encodeRlp } from './rlp.js';
import { evmAnchorProofFromRpc } from './rpc.js';
import { encodeHeaderFromRpc } from './rpc-header.js';
import { EMPTY_TRIE_ROOT, verifyTrieProof } from './trie-proof.js';

interface AccountProof {
  readonly address: string;
  readonly storageHash: string;
  readonly accountProof: readonly string[];
  readonly storageProof: readonly {
    readonly key: string;
    readonly value: string;
    readonly proof: string[];
  }[];
}
interface Recorded {
  readonly block: Record<string, string>;
  readonly proof: AccountProof;
}

const describeVectors = vectorsPresent ? describe : describe.skip;
const bytes = (hex: string): Uint8Array => hexToBytes(hex.slice(2)) as Uint8Array;
const base = () =>
  readVectors<{ result: Record<string, unknown> }>('evm-real/base-mainnet-50543461.header.json').result;
const deposit = () =>
  readVectors<Recorded>('evm-real/mainnet-21925176.header-and-proof-deposit-contract.json');
const plain = () => readVectors<Recorded>('evm-real/mainnet-21925176.header-and-proof-plain-account.json');

describeVectors('headers of Base and of the main network', () => {
  it.each([
    ['Base, Jovian, 21 fields', base],
    ['the main network, Deneb, 20 fields', () => deposit().block],
    ['the same again, from another file', () => plain().block],
  ])('encode to their hash: %s', (_name, read) => {
    const block = read();
    expect(encodeHeaderFromRpc(block)).toMatchObject({ ok: true, hash: String(block['hash']).slice(2) });
  });

  it('are read from their RLP: the first block of Prague', () => {
    const recorded = readVectors<{ number: number; hash: string; headerRlp: string }>(
      'evm-real/mainnet-22431084.header-rlp.json',
    );
    const header = parseEvmHeader(bytes(recorded.headerRlp));
    expect(header?.number).toBe(BigInt(recorded.number));
    expect(`0x${bytesToHex(header?.hash ?? new Uint8Array())}`).toBe(recorded.hash);
  });

  /** Base's block as the fork with access lists and slot numbers would write it. */
  const forked = (): { block: Record<string, unknown>; headerRlp: Uint8Array } => {
    const encoded = encodeHeaderFromRpc(base());
    if (!encoded.ok) throw new Error(encoded.reason);
    const listHash = '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347';
    const fields = [...(decodeRlp(encoded.headerRlp) as Uint8Array[]), bytes(listHash), Uint8Array.of(0x2a)];
    const headerRlp = encodeRlp(fields);
    const hash = `0x${bytesToHex(keccak_256(headerRlp))}`;
    return { headerRlp, block: { ...base(), blockAccessListHash: listHash, slotNumber: '0x2a', hash } };
  };

  it('encode with the fields of the next fork', () => {
    const { block, headerRlp } = forked();
    expect(encodeHeaderFromRpc(block)).toMatchObject({ ok: true, headerRlp });
    expect(encodeHeaderFromRpc({ ...base(), blockAccessListHash: null, slotNumber: null }).ok).toBe(true);
  });

  it('name the gap when the slot number comes without the access list', () => {
    expect(encodeHeaderFromRpc({ ...forked().block, blockAccessListHash: null })).toMatchObject({
      ok: false,
      reason: 'header field slotNumber follows blockAccessListHash, which is missing',
    });
  });
});

describeVectors('proofs of the main network', () => {
  const accountOf = ({ block, proof }: Recorded) => {
    const collected = evmAnchorProofFromRpc(block, {
      ...proof,
      storageProof: proof.storageProof.length === 1 ? proof.storageProof : [{ proof: [] }],
    });
    if (!collected.ok) throw new Error(collected.reason);
    const parsed = parseEvmAnchorProof(collected.proof);
    if (!parsed.ok) throw new Error(parsed.expected);
    const header = parseEvmHeader(parsed.proof.headerRlp);
    const account = verifyTrieProof({
      root: header?.stateRoot ?? new Uint8Array(),
      key: keccak_256(bytes(proof.address)),
      proof: parsed.proof.accountProof,
    });
    if (!account.ok || account.value === null) throw new Error(JSON.stringify(account));
    const [, , storageRoot] = decodeRlp(account.value) as Uint8Array[];
    return { storageRoot: storageRoot ?? new Uint8Array(), storageProof: parsed.proof.storageProof };
  };

  /** The same answer as nethermind writes it. */
  const asNethermind = ({ block, proof }: Recorded): Recorded => ({
    block,
    proof: {
      ...proof,
      accountProof: [...proof.accountProof, '0x'],
      storageProof: proof.storageProof.map((slot) => ({
        key: `0x${BigInt(slot.key).toString(16)}`,
        value: `0x${BigInt(slot.value).toString(16).padStart(64, '0')}`,
        proof: ['0x', ...slot.proof],
      })),
    },
  });

  it.each([
    ['as recorded', (recorded: Recorded) => recorded],
    ['as nethermind writes it', asNethermind],
  ])('show slot 1 of the deposit contract, %s', (_name, written) => {
    const { storageRoot, storageProof } = accountOf(written(deposit()));
    const [slot] = deposit().proof.storageProof;
    const proven = verifyTrieProof({
      root: storageRoot,
      key: keccak_256(bytes(slot?.key ?? '0x')),
      proof: storageProof,
    });
    expect(proven).toMatchObject({ ok: true, value: encodeRlp(bytes(slot?.value ?? '0x')) });
  });

  it.each([
    ['no node', []],
    ['the empty node', ['0x80']],
    ['a stray empty text', ['0x']],
  ])('show a plain account of nine nodes whose storage is empty, told by %s', (_name, nodes) => {
    const { block, proof } = plain();
    expect(proof.accountProof).toHaveLength(9);
    const { storageRoot, storageProof } = accountOf({
      block,
      proof: { ...proof, storageProof: [{ key: '0x0', value: '0x0', proof: nodes }] },
    });
    expect(storageRoot).toEqual(EMPTY_TRIE_ROOT);
    expect(
      verifyTrieProof({ root: storageRoot, key: keccak_256(new Uint8Array(32)), proof: storageProof }),
    ).toEqual({
      ok: true,
      value: null,
    });
    const parsed = parseEvmAnchorProof(evmProof(block, proof, nodes));
    if (!parsed.ok) throw new Error(parsed.expected);
    const anchor = syntheticAnchor({ storedValue: Uint8Array.of(1) });
    expect(verifyEvmAnchor({ ...anchor, ...parsed.proof, contract: bytes(proof.address) })).toMatchObject({
      ok: false,
      check: 'storage',
      actual: 'no such record',
    });
  });

  const evmProof = (block: unknown, proof: AccountProof, nodes: readonly string[]) => {
    const collected = evmAnchorProofFromRpc(block, { ...proof, storageProof: [{ proof: nodes }] });
    return collected.ok ? collected.proof : collected.reason;
  };
});
