import {
  AppError,
  readUtcTime,
  RUNTIME_MEMBERS_MAX,
  type Attestation,
  type ErrorDetail,
  type Heartbeat,
} from '@touchstone/contracts';
import type { SignedBy } from './node-keys.js';
import type { AttestedBuild, NodeHealth } from './node.js';

/** Where a heartbeat came from. */
export interface HeartbeatOrigin {
  /** The calling service on the bus, `http` for a posted heartbeat. */
  readonly reporter: string;
  /** Address of the connection, `null` on the bus. It is never taken from a header, which anybody can write. */
  readonly remoteAddress: string | null;
}

/** A heartbeat that may be stored. */
export interface HeartbeatReport extends HeartbeatOrigin {
  readonly nodeId: string;
  readonly health: NodeHealth;
  /** The stated time in UTC with milliseconds, however it was written. */
  readonly tsUtc: string;
  readonly receivedAtMs: number;
  /** Stated time minus receive time. */
  readonly clockSkewMs: number;
  readonly attestation: AttestedBuild | null;
  /** Of the start of the process that sent it. */
  readonly bootId?: string | undefined;
  /** Its number among the heartbeats of that start. */
  readonly sequence?: number | undefined;
  /** Who signed it; left out or `null` where nobody did. */
  readonly signedBy?: SignedBy | null;
  /** 128 random bits for the nonce of the answer. */
  readonly random?: string;
}

/**
 * Checks what the message schema leaves open and reads a heartbeat into a report.
 *
 * @throws AppError `validation-failed` with a pointer for every place
 */
export function toReport(message: Heartbeat, origin: HeartbeatOrigin, receivedAtMs: number): HeartbeatReport {
  const statedMs = readUtcTime(message.ts_utc);
  const details: ErrorDetail[] = [
    ...(statedMs === undefined ? [{ pointer: '/ts_utc', detail: 'is no time that exists.' }] : []),
    ...(message.attestation === undefined ? [] : textFindings(message.attestation)),
    ...(cannotBeKept(message.boot_id ?? '')
      ? [{ pointer: '/boot_id', detail: 'has a control character.' }]
      : []),
  ];
  if (statedMs === undefined || details.length > 0)
    throw new AppError('validation-failed', 'The heartbeat has values that cannot be kept; see errors.', {
      details,
    });
  return {
    reporter: origin.reporter,
    remoteAddress: origin.remoteAddress,
    nodeId: message.node_id,
    health: message.health,
    tsUtc: new Date(statedMs).toISOString(),
    receivedAtMs,
    clockSkewMs: statedMs - receivedAtMs,
    attestation: message.attestation === undefined ? null : toAttestedBuild(message.attestation),
    bootId: message.boot_id,
    sequence: message.sequence,
  };
}

/** Unicode's category Cc; by a class of Unicode's properties a look takes ten times as long. */
// eslint-disable-next-line no-control-regex
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/;

function toAttestedBuild({ build_id, capability_hash, runtime }: Attestation): AttestedBuild {
  return { buildId: build_id, capabilityHash: capability_hash, runtime };
}

/**
 * PostgreSQL keeps neither NUL nor half a surrogate pair, so one heartbeat with such a text would fail the group that
 * it is written with; other control characters would let a node draw on the terminal of whoever reads the audit.
 */
function textFindings({ build_id, runtime }: Attestation): ErrorDetail[] {
  const members = Object.entries(runtime);
  const findings: ErrorDetail[] = [];
  if (cannotBeKept(build_id))
    findings.push({ pointer: '/attestation/build_id', detail: 'has a control character.' });
  if (members.length > RUNTIME_MEMBERS_MAX)
    findings.push({
      pointer: '/attestation/runtime',
      detail: `has ${members.length} members, at most ${RUNTIME_MEMBERS_MAX} are kept.`,
    });
  if (members.some((texts) => texts.some(cannotBeKept)))
    findings.push({ pointer: '/attestation/runtime', detail: 'has a control character in a name or value.' });
  return findings;
}

function cannotBeKept(text: string): boolean {
  return CONTROL_CHARACTER.test(text) || !text.isWellFormed();
}
