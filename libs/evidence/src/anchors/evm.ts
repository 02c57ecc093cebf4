import {
  parseEvmAnchorProof,
  verifyEvmAnchor,
  type EvmAnchorFailure,
  type EvmAnchorSuccess,
} from '@touchstone/chain-proofs';
import { hexToBytes } from '@touchstone/crypto';
import type { Anchor } from '../bundle/schema.js';
import type { PreparedTrust } from '../trust/prepared-trust.js';
import type { TrustedChain } from '../trust/schema.js';
import { TIME_SECONDS_MAX } from '../verify/date-limit.js';
import { failOptional, notChecked, pass } from '../verify/outcome.js';
import type { AnchorVerifier, JudgedAnchor } from './kind.js';

/** Uncertainty that is added to the time of an EVM block (protocol section 5). */
export const BLOCK_UNCERTAINTY_MS = 60_000;

type EvmAnchor = Anchor & { readonly kind: 'evm' };

/** A record in the contract `AnchorRegistry`, proven under the hash of a block that the trust file holds. */
export const evm: AnchorVerifier<'evm'> = {
  kind: 'evm',
  words: { what: 'The hash of the signed checkpoint in a contract on', witness: 'chain' },
  judge(anchor, trust) {
    const { network } = anchor;
    const chain = trust?.file.chains.find((candidate) => candidate.network === network);
    if (!trust || !chain?.contract || !chain.submitters?.length) {
      const detail = 'the trust file does not name contract and submitters of this chain';
      return { outcome: notChecked({ actual: network, restsOn: `trust file: chain ${network}`, detail }) };
    }
    return judgeOnChain(anchor, trust, { ...chain, contract: chain.contract, submitters: chain.submitters });
  },
};

function judgeOnChain(
  anchor: EvmAnchor,
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
    passed: { network, logProof: anchor.logProof, test, timeMs, uncertaintyMs: BLOCK_UNCERTAINTY_MS },
  };
}

/** The proof for the first submitter that it holds for, else why it does not hold for the first one. */
function verifyForAny(
  anchor: EvmAnchor,
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
