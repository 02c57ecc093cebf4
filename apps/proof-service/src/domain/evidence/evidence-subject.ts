import type { Alarm } from '../ingest/intake.js';
import type { BatchPlace, EvidenceLocation } from './evidence-store.js';

/** A location whose bundle can be made. */
export type Provable<L extends EvidenceLocation> = L & { readonly batch: BatchPlace };

/** A bundle, and why it must not be served; without findings it may be. */
export interface BuiltBundle {
  readonly text: string;
  readonly findings: readonly string[];
  readonly cause?: unknown;
  /** About a part that was left out. */
  readonly alarm?: Alarm;
}

/** One kind of subject that evidence is about: how it is found, and how its bundle is made and verified. */
export interface EvidenceSubject<Question, Location extends EvidenceLocation> {
  /** For people. */
  describe(question: Question): string;
  /** Names its bundle in memory, among those of all kinds; `undefined` for one that is not kept. */
  key(question: Question): string | undefined;
  /** @throws AppError where there is no such subject */
  locate(question: Question): Promise<Location>;
  /** What has to arrive beside its place in the log; `undefined` when nothing has. */
  missing(location: Location): string | undefined;
  /** Makes the bundle and verifies it with the keys of the signer. */
  build(question: Question, location: Provable<Location>): Promise<BuiltBundle>;
}

/** Says that stored parts make no bundle. */
export function unbuildable(finding: string, cause?: unknown): BuiltBundle {
  return { text: '', findings: [finding], cause };
}
