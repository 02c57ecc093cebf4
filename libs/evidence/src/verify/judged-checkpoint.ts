import { cosignatureTimestamp, judgeSignatures, type WrittenCheckpoint } from '@touchstone/merkle';
import type { PreparedTrust } from '../trust/prepared-trust.js';
import { TIME_SECONDS_MAX } from './date-limit.js';

/** The verified cosignature of a witness. */
export interface Cosignature {
  readonly name: string;
  /** Milliseconds since 1970; `undefined` beyond every calendar. */
  readonly timeMs: number | undefined;
}

/** The checkpoint of a log proof with what the trust file's keys say of its lines. */
export interface JudgedCheckpoint {
  /** `undefined` when the note cannot be read as a checkpoint. */
  readonly written: WrittenCheckpoint | undefined;
  /** Keys that the trust file lists for this log. */
  readonly vkeys: readonly string[];
  /** A line of one of these keys verifies. */
  readonly isLogSigned: boolean;
  readonly cosignatures: readonly Cosignature[];
  /** A line claims a trusted log or witness and does not verify. */
  readonly hasFalseLine: boolean;
}

/** Judges the lines of a checkpoint, those of witnesses whatever becomes of the log's (protocol section 6). */
export function judgeCheckpoint(
  written: WrittenCheckpoint | undefined,
  trust: PreparedTrust | undefined,
): JudgedCheckpoint {
  if (!written || !trust)
    return { written, vkeys: [], isLogSigned: false, cosignatures: [], hasFalseLine: false };
  const logs = judgeSignatures(written.note, trust.logVerifiers);
  const witnesses = judgeSignatures(written.note, trust.witnesses);
  const { origin } = written.checkpoint;
  return {
    written,
    vkeys: trust.logs(origin),
    isLogSigned: logs.verified.some(({ name }) => name === origin),
    cosignatures: witnesses.verified.map(({ name, signature }) => ({ name, timeMs: timeOf(signature) })),
    hasFalseLine: logs.refuted.length + witnesses.refuted.length > 0,
  };
}

function timeOf(signature: Uint8Array): number | undefined {
  const seconds = cosignatureTimestamp(signature);
  return seconds !== undefined && seconds <= TIME_SECONDS_MAX ? Number(seconds) * 1_000 : undefined;
}
