import type { ModelIdentity } from '@touchstone/contracts';
import type {
  CircuitSetUp,
  ModelCircuit,
  SetUpAnnouncement,
  SetUpContribution,
  SetUpEntry,
} from '@touchstone/contracts/circuit';
import type { SetUpState } from '@touchstone/contracts/http/set-ups';

/** Set-ups that may be open at the same time. */
export const SET_UPS_OPEN_MAX = 32;

/** Blocks before the announced one from which on nothing is taken any more: another node may be that far ahead of ours. */
export const SET_UP_CLOSING_BLOCKS = 2n;

/** Fewest blocks between an announcement and its beacon. */
export const SET_UP_BLOCKS_MIN = 4n;

/** Most bytes by which a contribution, or the beacon, makes a key larger: its points, hash, name and value. */
export const CONTRIBUTION_BYTES_MAX = 1_024;

/** Milliseconds that a step of the prover may take when nothing else is said. */
export const SET_UP_TIMEOUT_DEFAULT_MS = 300_000;

/** What keys are made of. */
export interface CeremonyCircuit {
  /** The ONNX file. */
  readonly model: Uint8Array;
  /** JSON that it is compiled by. */
  readonly options: Uint8Array | undefined;
  /** Name of the file of powers of tau. */
  readonly powers: string;
}

/** A party that is invited, and what it did. */
export interface Party {
  readonly name: string;
  readonly contribution:
    | {
        readonly position: number;
        readonly hash: string;
        readonly provingKeySha256: string;
        readonly at: string;
      }
    | undefined;
}

/** What came of a set-up, and the bytes of its files. */
export interface SetUpResult {
  readonly transcript: CircuitSetUp;
  readonly circuit: ModelCircuit;
  readonly entry: SetUpEntry;
  readonly finishedAt: string;
}

/** A set-up without the bytes of its files. */
export interface SetUp {
  readonly id: string;
  readonly state: SetUpState;
  readonly identity: ModelIdentity;
  readonly modelVersionId: string;
  readonly powersName: string;
  readonly isPublic: boolean;
  readonly hasOptions: boolean;
  readonly announcement: SetUpAnnouncement;
  readonly parties: readonly Party[];
  readonly newestKey: { readonly sha256: string; readonly bytes: number };
  readonly result: SetUpResult | undefined;
  readonly failure: string | undefined;
}

/** What an announcement stores. */
export interface NewSetUp {
  readonly identity: ModelIdentity;
  readonly isPublic: boolean;
  readonly circuit: CeremonyCircuit;
  readonly announcement: SetUpAnnouncement;
  readonly firstKey: Uint8Array;
  /** SHA-256 of the token of each party, by its name. */
  readonly invitations: ReadonlyMap<string, string>;
}

/** Makes and judges keys. What a program says is taken at its word here: anybody verifies the result from its files. */
export interface Ceremony {
  /** @throws AppError `model-invalid`, `validation-failed`, `dependency-unavailable`, `timeout` */
  start(circuit: CeremonyCircuit): Promise<StartedSetUp>;
  /** @throws AppError `set-up-invalid` for a key that does not add one party's contribution */
  accept(
    circuit: CeremonyCircuit,
    keys: { before: Uint8Array; offered: Uint8Array },
  ): Promise<SetUpContribution>;
  /** @throws AppError */
  finish(
    circuit: CeremonyCircuit,
    newestKey: Uint8Array,
    beacon: { value: string; iterationsLog2: number; source: string },
  ): Promise<{ transcript: CircuitSetUp; circuit: ModelCircuit; provingKey: Uint8Array }>;
}

/** The first key of a circuit. */
export type StartedSetUp = Pick<SetUpAnnouncement, 'descriptorHash' | 'constraintsSha256' | 'powers'> & {
  readonly provingKey: Uint8Array;
};

/** Blocks of the chains that checkpoints are anchored on. */
export interface ChainBlocks {
  /** @throws AppError `not-found` for a network that is not followed, `dependency-unavailable` */
  block(
    network: string,
    number: bigint,
  ): Promise<{ readonly head: bigint; /** Hex. */ readonly finalHash: string | undefined }>;
}

/** Who an invitation lets in. */
export interface Invited {
  readonly setUpId: string;
  readonly name: string;
}

/** A contribution that was judged. */
export interface TakenContribution extends Invited {
  /** SHA-256 of the key that it was made from. */
  readonly before: string;
  readonly provingKey: Uint8Array;
  readonly provingKeySha256: string;
  readonly hash: string;
  readonly atMs: number;
}

/** Keeps set-ups. Each change is one transaction together with the event about it. */
export interface SetUpStore {
  /** @returns why it was not stored; undefined when it was */
  announce(setUp: NewSetUp): Promise<'full' | 'open-already' | undefined>;
  find(id: string): Promise<SetUp | undefined>;
  list(query: {
    limit: number;
    after?: string | undefined;
    state?: SetUpState | undefined;
  }): Promise<readonly SetUp[]>;
  circuit(id: string): Promise<CeremonyCircuit | undefined>;
  key(sha256: string): Promise<Uint8Array | undefined>;
  /** Who has the token of this SHA-256. */
  invited(setUpId: string, tokenSha256: string): Promise<Invited | undefined>;
  /** @returns the position; undefined when the set-up is not open any more, or has another newest key */
  contribute(contribution: TakenContribution): Promise<number | undefined>;
  /** Open set-ups that nobody works on, each claimed until then; the oldest first. */
  claimOpen(nowMs: number, untilMs: number, limit: number): Promise<readonly string[]>;
  unclaim(id: string): Promise<void>;
  /** @returns false when the set-up is not open any more, or has another newest key */
  finish(id: string, newestKey: string, result: SetUpResult, provingKey: Uint8Array): Promise<boolean>;
  /** Ends an open set-up without keys. @returns whether it was open */
  end(id: string, state: 'called-off' | 'failed', reason: string): Promise<boolean>;
}
