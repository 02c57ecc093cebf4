import { AppError } from '@touchstone/contracts';
import { bytesToHex } from '@touchstone/crypto';
import { openWithKeys } from '@touchstone/evidence';
import { whyClosed } from './log-fence.js';
import type { CheckpointStore, LockedLog, SignedCheckpoint } from './ports.js';

/** What an operator knows from outside. */
export interface OutsideCheckpoints {
  /** Signed notes that readers, anchors or witnesses have. */
  readonly notes: readonly string[];
  /** True when the operator answers for it that nobody has a newer one. */
  readonly vouched: boolean;
}

/** How a log stands. */
export interface LogStanding {
  /** `undefined` while it is open. */
  readonly closedBecause: string | undefined;
  readonly last: SignedCheckpoint | undefined;
}

type Head = Pick<SignedCheckpoint, 'size' | 'root'>;

/** Closes a log, and opens it again once it holds what was seen outside; what operators do, beside the running signer. */
export class LogKeeping {
  /** @param log its origin, and its verifier key (C2SP signed-note) */
  constructor(
    private readonly store: CheckpointStore,
    private readonly log: { readonly origin: string; readonly vkey: string },
  ) {}

  standing(): Promise<LogStanding> {
    return this.store.withLog(this.log.origin, ({ record }) =>
      Promise.resolve({ closedBecause: whyClosed(record, undefined), last: record.last }),
    );
  }

  /** Lets nothing be signed until the log is reopened, for a restore that the database cannot notice. */
  close(): Promise<void> {
    return this.store.withLog(this.log.origin, (log) => log.close());
  }

  /**
   * Opens a closed log where its database is now. Every checkpoint that this signer ever signed is in the database, so one that is
   * not was lost, or belongs to another history.
   *
   * @returns how it stood before; an open log is left as it is
   * @throws AppError `checkpoint-refused` that says what is missing
   */
  async reopen({ notes, vouched }: OutsideCheckpoints): Promise<LogStanding> {
    const heads = notes.map((note, index) => this.read(note, index));
    return this.store.withLog(this.log.origin, async (log) => {
      const { last } = log.record;
      const closedBecause = whyClosed(log.record, undefined);
      if (closedBecause === undefined) return { closedBecause, last };
      const size = last?.size ?? 0n;
      for (const head of heads) await requireHeld(log, size, head);
      const newest = heads.reduce((most, head) => (head.size > most ? head.size : most), 0n);
      if (!vouched && (heads.length === 0 || newest < size)) throw tooOld(newest, size);
      await log.noteReopening({ reason: closedBecause, size, notes, vouched });
      await log.open();
      return { closedBecause, last };
    });
  }

  private read(note: string, index: number): Head {
    const { origin, vkey } = this.log;
    const opened = openWithKeys(note, vkey, []);
    if (opened.ok && opened.checkpoint.origin === origin) return opened.checkpoint;
    const why = opened.ok ? `it is of the log ${opened.checkpoint.origin}` : opened.reason;
    throw refused(`checkpoint ${index + 1} is none that ${vkey} signed for ${origin} (${why})`);
  }
}

async function requireHeld(log: LockedLog, lastSize: bigint, { size, root }: Head): Promise<void> {
  if (size > lastSize)
    throw refused(
      `a checkpoint of size ${size} was signed and this database ends at size ${lastSize}: ` +
        `the entries ${lastSize} to ${size - 1n} are missing`,
    );
  const held = await log.signedAt(size);
  if (held !== undefined && bytesToHex(held.root) === bytesToHex(root)) return;
  throw refused(
    `a checkpoint of size ${size} with the root ${bytesToHex(root)} was signed, and this database ` +
      (held === undefined ? 'signed none of that size' : `has the root ${bytesToHex(held.root)}`) +
      ': it holds another history',
  );
}

function tooOld(newest: bigint, lastSize: bigint): AppError {
  return refused(
    `the newest checkpoint that was given has size ${newest}, and this database has signed size ${lastSize}: ` +
      'give one that is at least as new, or answer for it that nobody has one',
  );
}

function refused(why: string): AppError {
  return new AppError('checkpoint-refused', `The log stays closed: ${why}.`);
}
