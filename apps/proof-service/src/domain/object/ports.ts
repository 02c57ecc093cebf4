/** Where objects are put beside the database, from which this service gives them itself. */
export const objectPlaces = ['folder', 'ipfs'] as const;
export type ObjectPlaceName = (typeof objectPlaces)[number];

/** A proof as its object: the bytes are the canonical JSON of the member `zk` of a bundle. */
export interface StoredObject {
  readonly cid: string;
  readonly bytes: Uint8Array;
}

/** An object that waits for a place, with what says whether it may go there. */
export interface WaitingObject extends StoredObject {
  readonly verificationId: string;
  /** JSON of the output that the proof is stored beside. */
  readonly record: string;
}

/** How long an object that a place did not take waits for the next attempt: the first pause, doubled up to the longest. */
export interface RetryPauses {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** The objects of proofs, and which of them a place has. */
export interface ObjectStore {
  /**
   * Gives some of the proofs that have no identifier yet theirs: those that just came, and those of versions before.
   *
   * @returns how many there were
   */
  address(limit: number, cidOf: (bytes: Uint8Array) => string): Promise<number>;
  find(cid: string): Promise<StoredObject | undefined>;
  /** Takes the object that is due the longest, and puts off the next attempt before this one begins: whoever dies in it loses nothing. */
  claim(place: ObjectPlaceName, pauses: RetryPauses): Promise<WaitingObject | undefined>;
  published(place: ObjectPlaceName, verificationId: string): Promise<void>;
  /** It never goes there. */
  withheld(place: ObjectPlaceName, verificationId: string): Promise<void>;
}

/** A place outside. Putting an object there twice is the same as once. */
export interface ObjectPlace {
  readonly name: ObjectPlaceName;
  /**
   * Resolves when the object is kept there under its identifier.
   *
   * @throws OtherCid when the place gives the bytes another identifier; any other error when it did not take them
   */
  put(object: StoredObject, signal: AbortSignal): Promise<void>;
}

/** A place names the same bytes otherwise, so that nobody would find them there. */
export class OtherCid extends Error {}
