import { bytesToHex } from '@touchstone/crypto';
import { checkpointCommitments } from '@touchstone/merkle';
import { judgeByKind } from '../anchors/index.js';
import type { JudgedAnchor } from '../anchors/kind.js';
import type { Anchor } from '../bundle/schema.js';
import type { PreparedTrust } from '../trust/prepared-trust.js';
import type { JudgedCheckpoint } from './judged-checkpoint.js';
import { ARITHMETIC, fail } from './outcome.js';

/** Judges an anchor: that it commits to its checkpoint by arithmetic alone, the rest against the trust file. */
export function judgeAnchor(
  anchor: Anchor,
  checkpoints: readonly JudgedCheckpoint[],
  trust: PreparedTrust | undefined,
): JudgedAnchor {
  const covered = checkpoints[anchor.logProof]?.written;
  const commitments = covered ? checkpointCommitments(covered).map(bytesToHex) : [];
  if (commitments.includes(anchor.commitment)) return judgeByKind(anchor, trust);
  const expected = commitments.join(' or ') || `log proof ${anchor.logProof}`;
  const detail =
    anchor.logProof < checkpoints.length
      ? 'the commitment is not the hash of the signed checkpoint'
      : 'there is no such log proof';
  return { outcome: fail({ expected, actual: anchor.commitment, restsOn: ARITHMETIC, detail }) };
}
