import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex } from '@touchstone/crypto';
import { anchorStorageSlot } from './anchor-slot.js';
import { parseEvmHeader, type EvmHeader } from './header.js';
import { decodeRlp } from './rlp.js';
import { rlpToBytes, rlpToInteger } from './rlp-integer.js';
import { verifyTrieProof } from './trie-proof.js';

/**
 * The check that failed, in the order in which they run:
 * - `input`: a member has the wrong shape or exceeds a limit
 * - `header`: the bytes are not a block header
 * - `account`: the header's state does not prove the contract's account
 * - `storage`: the account's storage does not prove a record for submitter and commitment
 * - `value`: the record contradicts itself or the header
 */
export type EvmAnchorCheck = 'input' | 'header' | 'account' | 'storage' | 'value';

/** A failed check, with what it wanted and what it found. */
export interface EvmAnchorFailure {
  readonly ok: false;
  readonly check: EvmAnchorCheck;
  readonly expected: string;
  readonly actual: string;
}

/**
 * What a valid proof shows, all of it under the one condition that the header belongs to the chain: the caller
 * compares `header.hash` with its trust file or asks the chain. Hashes are lower-case hex, times Unix seconds.
 */
export interface EvmAnchorSuccess {
  readonly ok: true;
  readonly header: { readonly hash: string; readonly number: bigint; readonly timestamp: bigint };
  /** keccak256 of the contract's code, for a caller that wants to pin it as well as the address. */
  readonly codeHash: string;
  /** Block and time of the first write. */
  readonly anchoredAt: { readonly blockNumber: bigint; readonly timestamp: bigint };
}

/** A proof as bytes, with the place it is about; contract and submitter come from the trust file. */
export interface EvmAnchorInput {
  readonly headerRlp: Uint8Array;
  readonly accountProof: readonly Uint8Array[];
  readonly storageProof: readonly Uint8Array[];
  /** Address of the `AnchorRegistry`, 20 bytes. */
  readonly contract: Uint8Array;
  /** Address that sent the anchor, 20 bytes. */
  readonly submitter: Uint8Array;
  /** sha256 of the signed checkpoint, 32 bytes. */
  readonly commitment: Uint8Array;
}

interface Account {
  readonly storageRoot: Uint8Array;
  readonly codeHash: Uint8Array;
}

function fail(check: EvmAnchorCheck, expected: string, actual: string): EvmAnchorFailure {
  return { ok: false, check, expected, actual };
}

/** Reads `[nonce, balance, storageRoot, codeHash]`. Source: yellow paper, section 4.1. */
function parseAccount(encoded: Uint8Array): Account | undefined {
  const items = decodeRlp(encoded);
  if (items === undefined || items instanceof Uint8Array || items.length !== 4) return undefined;
  if (rlpToInteger(items[0], 8) === undefined || rlpToInteger(items[1], 32) === undefined) return undefined;
  const storageRoot = rlpToBytes(items[2], 32);
  const codeHash = rlpToBytes(items[3], 32);
  return storageRoot && codeHash && { storageRoot, codeHash };
}

function readAccount(input: EvmAnchorInput, header: EvmHeader): Account | EvmAnchorFailure {
  const expected = `account ${bytesToHex(input.contract)} under state root ${bytesToHex(header.stateRoot)}`;
  const proven = verifyTrieProof({
    root: header.stateRoot,
    key: keccak_256(input.contract),
    proof: input.accountProof,
  });
  if (!proven.ok) return fail('account', expected, `${proven.reason} at node ${proven.node}`);
  if (proven.value === null) return fail('account', expected, 'no such account');
  return (
    parseAccount(proven.value) ?? fail('account', expected, `malformed account ${bytesToHex(proven.value)}`)
  );
}

function readRecord(input: EvmAnchorInput, account: Account): bigint | EvmAnchorFailure {
  const slot = anchorStorageSlot(input.submitter, input.commitment);
  const expected = `record in slot ${bytesToHex(slot)} under storage root ${bytesToHex(account.storageRoot)}`;
  const proven = verifyTrieProof({
    root: account.storageRoot,
    key: keccak_256(slot),
    proof: input.storageProof,
  });
  if (!proven.ok) return fail('storage', expected, `${proven.reason} at node ${proven.node}`);
  if (proven.value === null) return fail('storage', expected, 'no such record');
  const record = rlpToInteger(decodeRlp(proven.value), 32);
  return record ?? fail('storage', expected, `malformed value ${bytesToHex(proven.value)}`);
}

/** A record cannot be younger than the block whose state holds it, and in its own block it has that block's time. */
function checkRecord(record: bigint, header: EvmHeader): EvmAnchorFailure | undefined {
  const blockNumber = record >> 64n;
  const timestamp = BigInt.asUintN(64, record);
  if (blockNumber === 0n || blockNumber > header.number) {
    return fail('value', `block number from 1 to ${header.number}`, `${blockNumber}`);
  }
  if (blockNumber === header.number && timestamp !== header.timestamp) {
    return fail('value', `timestamp ${header.timestamp}`, `${timestamp}`);
  }
  if (timestamp === 0n || timestamp > header.timestamp) {
    return fail('value', `timestamp from 1 to ${header.timestamp}`, `${timestamp}`);
  }
  return undefined;
}

function checkLengths(input: EvmAnchorInput): EvmAnchorFailure | undefined {
  const members = [
    ['contract', input.contract, 20],
    ['submitter', input.submitter, 20],
    ['commitment', input.commitment, 32],
  ] as const;
  for (const [name, bytes, size] of members) {
    if (bytes.length !== size) return fail('input', `${name} of ${size} bytes`, `${bytes.length} bytes`);
  }
  return undefined;
}

/**
 * Checks that the state under a block header holds the record of a commitment in an `AnchorRegistry`.
 *
 * It recomputes the header's hash and follows the hashes from the state root to the contract's account, from its
 * storage root to the record's slot, and compares the record with the header. It uses no network and never throws
 * on bad input. Whether the header belongs to the chain, and whether contract and submitter are the right ones,
 * only the trust file can say: a proof under a header that nobody vouches for shows nothing.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { readFileSync } from 'node:fs';
 * import { parseEvmAnchorProof, verifyEvmAnchor } from '@touchstone/chain-proofs';
 * import { hexToBytes } from '@touchstone/crypto';
 *
 * const { valid } = JSON.parse(readFileSync('libs/chain-proofs/vectors/evm-anchor.json', 'utf8'));
 * const parsed = parseEvmAnchorProof(valid.proof);
 * const [contract, submitter] = [valid.contract, valid.submitter].map((hex) => hexToBytes(hex, 20));
 * const commitment = hexToBytes(valid.commitment, 32);
 * assert(parsed.ok && contract && submitter && commitment);
 *
 * const result = verifyEvmAnchor({ ...parsed.proof, contract, submitter, commitment });
 * assert(result.ok && result.anchoredAt.blockNumber <= result.header.number);
 *
 * const other = verifyEvmAnchor({ ...parsed.proof, contract, submitter, commitment: new Uint8Array(32) });
 * assert(!other.ok && other.check === 'storage');
 * ```
 */
export function verifyEvmAnchor(input: EvmAnchorInput): EvmAnchorSuccess | EvmAnchorFailure {
  const badLength = checkLengths(input);
  if (badLength) return badLength;
  const header = parseEvmHeader(input.headerRlp);
  if (header === undefined)
    return fail('header', 'RLP of a block header', `${input.headerRlp.length} other bytes`);
  const account = readAccount(input, header);
  if ('ok' in account) return account;
  const record = readRecord(input, account);
  if (typeof record !== 'bigint') return record;
  const badRecord = checkRecord(record, header);
  if (badRecord) return badRecord;
  return {
    ok: true,
    header: { hash: bytesToHex(header.hash), number: header.number, timestamp: header.timestamp },
    codeHash: bytesToHex(account.codeHash),
    anchoredAt: { blockNumber: record >> 64n, timestamp: BigInt.asUintN(64, record) },
  };
}
