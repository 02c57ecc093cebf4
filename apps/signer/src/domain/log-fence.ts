import { AppError } from '@touchstone/contracts';
import type { DatabasePlace, LockedLog, LogRecord } from './ports.js';

/** What a process knows of a log beside the database. */
export interface KnownLog {
  readonly size: bigint;
  readonly place: DatabasePlace;
  /** Whether the last commit that it saw was on a standby too. */
  readonly isReplicated: boolean;
}

/**
 * Why nothing may be signed for a log: its database may have forgotten checkpoints that readers have, and would sign
 * others in their place. A restored database looks whole from inside, so the fence compares where it is with where the
 * log was open last, and a process with what it saw itself.
 *
 * A standby that takes over is told from a restore to a point in time by a process that was there before: when commits
 * waited for the standby, it lacks nothing that anybody was told of.
 *
 * @returns the reason in a sentence without its end; `undefined` while the log is open
 */
export function whyClosed(
  { last, fence, present }: LogRecord,
  seen: KnownLog | undefined,
): string | undefined {
  if (fence === undefined) return undefined;
  if (fence.isClosed) return 'an operator closed the log';
  // Who reopened the log since has compared it with more than this process knows.
  const known = seen !== undefined && isSamePlace(seen.place, fence.place) ? seen : undefined;
  const lastSize = last?.size ?? 0n;
  if (known !== undefined && lastSize < known.size)
    return `the database ends at size ${lastSize} and forgot size ${known.size}, which was signed`;
  if (fence.isCopy) return 'the database was restored from a dump';
  if (present.systemIdentifier !== fence.place.systemIdentifier)
    return 'the database is on another server than the one where the log was signed: it was restored or moved';
  if (present.timeline === fence.place.timeline || known?.isReplicated === true) return undefined;
  return (
    `the server went from timeline ${fence.place.timeline} to ${present.timeline}: it was restored to a point in time, ` +
    'or a standby took over that may lack what was signed'
  );
}

/** Lets checkpoints of a log be signed while it is open, and remembers what this process saw of it. */
export class LogFencing {
  private seen: KnownLog | undefined;

  /** Call it before anything is signed. @throws AppError `checkpoint-refused` while the log is closed */
  async enter(log: LockedLog): Promise<void> {
    const reason = whyClosed(log.record, this.seen);
    if (reason !== undefined) throw logClosed(reason);
    const { fence, present } = log.record;
    if (fence === undefined || !isSamePlace(fence.place, present)) await log.open();
  }

  /** Call it when what was done is committed. @param size the last one that is signed */
  remember({ present, isReplicated }: LogRecord, size: bigint): void {
    this.seen = { size, place: present, isReplicated };
  }
}

/** What is answered while a log is closed. */
export function logClosed(reason: string): AppError {
  return new AppError(
    'checkpoint-refused',
    `Nothing is signed for this log: ${reason}. Compare it with the newest checkpoint that readers have, see docs/runbooks/restore.md.`,
  );
}

function isSamePlace(one: DatabasePlace, other: DatabasePlace): boolean {
  return one.systemIdentifier === other.systemIdentifier && one.timeline === other.timeline;
}
