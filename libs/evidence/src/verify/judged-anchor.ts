import {
  parseEvmAnchorProof,
  verifyEvmAnchor,
  type EvmAnchorFailure,
  type EvmAnchorSuccess,
} from '@touchstone/chain-proofs';
import { bytesToHex, hexToBytes } from '@touchstone/crypto';
import { checkpointCommitments } from '@touchstone/merkle';
import type { Anchor } from '../bundle/schema.js';
import type { PreparedTrust } from '../trust/prepared-trust.js';
import type { TrustedChain } from '../trust/schema.js';
import { TIME_SECONDS_MAX } from './date-limit.js';
import type { JudgedCheckpoint } from './judged-checkpoint.js';
import { ARITHMETIC, fail, failOptional, notChecked, pass, type Outcome } from './outcome.js';

/** What an anchor that passed says about time, for the key-state and the label. */
export interface PassedAnchor {
  readonly network: string;
  readonly logProof: number;
  readonly test: boolean;
  /** Time of the block in milliseconds. */
  readonly timeMs: number;
}

/** What the step says of an anchor, with the facts of one that passed. */
export interface JudgedAnchor {
  readonly outcome: Outcome;
  readonly passed?: PassedAnchor;
}

/** Judges an anchor: that it commits to its checkpoint by arithmetic alone, the rest against the trust file. */
export function judgeAnchor(
  anchor: Anchor,
  checkpoints: readonly JudgedCheckpoint[],
  trust: PreparedTrust | undefined,
): JudgedAnchor {
  const covered = checkpoints[anchor.logProof]?.written;
  const commitments = covered ? checkpointCommitments(covered).map(bytesToHex) : [];
  if (!commitments.includes(anchor.commitment)) {
    const expected = commitments.join(' or ') || `log proof ${anchor.logProof}`;
    const detail =
      anchor.logProof < checkpoints.length
        ? 'the commitment is not the hash of the signed checkpoint'
        : 'there is no such log proof';
    return { outcome: fail({ expected, actual: anchor.commitment, restsOn: ARITHMETIC, detail }) };
  }
  const { network } = anchor;
  const chain = trust?.file.chains.find((candidate) => candidate.network === network);
  if (!trust || !chain?.contract || !chain.submitters?.length) {
    const detail = 'the trust file does not name contract and submitters of this chain';
    return { outcome: notChecked({ actual: network, restsOn: `trust file: chain ${network}`, detail }) };
  }
  return judgeEvmAnchor(anchor, trust, { ...chain, contract: chain.contract, submitters: chain.submitters });
}

function judgeEvmAnchor(
  anchor: Anchor,
  trust: PreparedTrust,
  chain: TrustedChain & { contract: string; submitters: readonly string[] },
): JudgedAnchor {
  const { network, contract, submitters, test } = chain;
  const restsOn = `trust file: chain ${network}, its contract ${contract} and its block hashes`;
  const result = verifyForAny(anchor, contract, submitters);
  if (!result.ok) {
    const { expected, actual, check } = result;
    return {
      outcome: failOptional({ expected, actual, restsOn, detail: `the chain proof fails at ${check}` }),
    };
  }
  const { header, anchoredAt } = result;
  const block = `block ${header.number} ${header.hash}`;
  const known = trust.blockHashes(chain, header.number.toString());
  if (known.length === 0) {
    const detail =
      'the trust file holds no hash for this block, so that nothing says the block is on the chain';
    return { outcome: notChecked({ actual: block, restsOn, detail }) };
  }
  if (!known.includes(header.hash)) {
    const expected = `block ${header.number} ${known.join(' or ')}`;
    const detail = 'the trust file knows another block at this height';
    return { outcome: failOptional({ expected, actual: block, restsOn, detail }) };
  }
  const timeMs = Number(anchoredAt.timestamp) * 1_000;
  if (anchoredAt.timestamp > TIME_SECONDS_MAX) {
    const detail = 'the record’s time is beyond every calendar';
    return { outcome: failOptional({ actual: `${anchoredAt.timestamp}`, restsOn, detail }) };
  }
  const actual = `anchored in block ${anchoredAt.blockNumber} at ${new Date(timeMs).toISOString()}, proven at ${block}`;
  return {
    outcome: pass({ expected: anchor.commitment, actual, restsOn }),
    passed: { network, logProof: anchor.logProof, test, timeMs },
  };
}

/** The proof for the first submitter that it holds for, else why it does not hold for the first one. */
function verifyForAny(
  anchor: Anchor,
  contract: string,
  submitters: readonly string[],
): EvmAnchorSuccess | EvmAnchorFailure {
  const parsed = parseEvmAnchorProof(anchor.proof);
  if (!parsed.ok) return parsed;
  const results = submitters.map((submitter) =>
    verifyEvmAnchor({
      ...parsed.proof,
      contract: bytesOf(contract.slice(2)),
      submitter: bytesOf(submitter.slice(2)),
      commitment: bytesOf(anchor.commitment),
    }),
  );
  return results.find(({ ok }) => ok) ?? (results[0] as EvmAnchorFailure);
}

/** Hex that a schema has read already. */
const bytesOf = (hex: string): Uint8Array => hexToBytes(hex) as Uint8Array;
