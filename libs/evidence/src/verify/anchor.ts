import {
  parseEvmAnchorProof,
  verifyEvmAnchor,
  type EvmAnchorFailure,
  type EvmAnchorSuccess,
} from '@touchstone/chain-proofs';
import { bytesToHex, hexToBytes } from '@touchstone/crypto';
import { checkpointCommitments } from '@touchstone/merkle';
import type { Anchor, EvidenceBundle } from '../bundle/schema.js';
import type { PreparedTrust } from '../trust/prepared-trust.js';
import type { TrustedChain } from '../trust/schema.js';
import { TIME_SECONDS_MAX } from './date-limit.js';
import type { JudgedCheckpoint } from './judged-checkpoint.js';
import { fail, failOptional, notChecked, pass, type Step } from './step.js';

/** What an anchor that passed says about time, for the key-state and the label. */
export interface PassedAnchor {
  readonly network: string;
  readonly logProof: number;
  readonly test: boolean;
  /** Time of the block in milliseconds. */
  readonly timeMs: number;
}

/** One step per anchor of the bundle, with the facts of those that passed. */
export function anchorSteps(
  bundle: EvidenceBundle,
  checkpoints: readonly JudgedCheckpoint[],
  trust: PreparedTrust | undefined,
): { steps: Step[]; passed: PassedAnchor[] } {
  if (bundle.anchors.length === 0) {
    return {
      steps: [{ name: 'anchor', status: 'absent', restsOn: 'nothing: the bundle carries no anchor' }],
      passed: [],
    };
  }
  const results = bundle.anchors.map((anchor, index) => anchorStep(checkpoints, anchor, index, trust));
  return {
    steps: results.map(({ step }) => step),
    passed: results.flatMap(({ passed }) => (passed ? [passed] : [])),
  };
}

function anchorStep(
  checkpoints: readonly JudgedCheckpoint[],
  anchor: Anchor,
  index: number,
  trust: PreparedTrust | undefined,
): { step: Step; passed?: PassedAnchor } {
  const covered = checkpoints[anchor.logProof]?.written;
  const commitments = covered ? checkpointCommitments(covered).map(bytesToHex) : [];
  if (!commitments.includes(anchor.commitment)) {
    const detail =
      anchor.logProof < checkpoints.length
        ? 'the commitment is not the hash of the signed checkpoint'
        : 'there is no such log proof';
    return {
      step: fail('anchor', {
        index,
        expected: commitments.join(' or ') || `log proof ${anchor.logProof}`,
        actual: anchor.commitment,
        restsOn: 'arithmetic alone (SHA-256)',
        detail,
      }),
    };
  }
  const chain = trust?.file.chains.find(({ network }) => network === anchor.network);
  if (!trust || !chain?.contract || !chain.submitters?.length) {
    const detail = 'the trust file does not name contract and submitters of this chain';
    return {
      step: notChecked('anchor', {
        index,
        actual: anchor.network,
        restsOn: `trust file: chain ${anchor.network}`,
        detail,
      }),
    };
  }
  return evmStep(anchor, index, trust, { ...chain, contract: chain.contract, submitters: chain.submitters });
}

function evmStep(
  anchor: Anchor,
  index: number,
  trust: PreparedTrust,
  chain: TrustedChain & { contract: string; submitters: readonly string[] },
): { step: Step; passed?: PassedAnchor } {
  const { contract, submitters } = chain;
  const restsOn = `trust file: chain ${chain.network}, its contract ${contract} and its block hashes`;
  const result = verifyForAny(anchor, contract, submitters);
  if (!result.ok) {
    const { expected, actual, check } = result;
    const detail = `the chain proof fails at ${check}`;
    return { step: failOptional('anchor', { index, expected, actual, restsOn, detail }) };
  }
  const { header, anchoredAt } = result;
  const block = `block ${header.number} ${header.hash}`;
  const known = trust.blockHashes(chain, header.number.toString());
  if (known.length === 0) {
    const detail =
      'the trust file holds no hash for this block, so that nothing says the block is on the chain';
    return { step: notChecked('anchor', { index, actual: block, restsOn, detail }) };
  }
  if (!known.includes(header.hash)) {
    const expected = `block ${header.number} ${known.join(' or ')}`;
    return {
      step: failOptional('anchor', {
        index,
        expected,
        actual: block,
        restsOn,
        detail: 'the trust file knows another block at this height',
      }),
    };
  }
  const timeMs = Number(anchoredAt.timestamp) * 1_000;
  if (anchoredAt.timestamp > TIME_SECONDS_MAX) {
    const detail = 'the record’s time is beyond every calendar';
    return { step: failOptional('anchor', { index, actual: `${anchoredAt.timestamp}`, restsOn, detail }) };
  }
  const at = `anchored in block ${anchoredAt.blockNumber} at ${new Date(timeMs).toISOString()}, proven at ${block}`;
  return {
    step: pass('anchor', { index, expected: anchor.commitment, actual: at, restsOn }),
    passed: { network: anchor.network, logProof: anchor.logProof, test: chain.test, timeMs },
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
