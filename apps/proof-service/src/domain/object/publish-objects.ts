import { outputRecorded } from '@touchstone/contracts';
import { unixFsCid } from '@touchstone/content-address';
import { fittingProof } from '../evidence/fitting-proof.js';
import {
  OtherCid,
  type ObjectPlace,
  type ObjectPlaceName,
  type ObjectStore,
  type RetryPauses,
  type WaitingObject,
} from './ports.js';

/** Proofs that are given their identifiers in one transaction. */
export const ADDRESSED_PER_ROUND_MAX = 32;

/** What became of one attempt. */
export const publicationResults = ['published', 'failed', 'other-cid', 'withheld'] as const;
export type PublicationResult = (typeof publicationResults)[number];

/** Told about every attempt. */
export interface PublicationObserver {
  attempted(place: ObjectPlaceName, result: PublicationResult, cid: string, detail?: string): void;
}

/** Gives proofs their identifiers. @returns whether there may be more */
export async function addressObjects(store: ObjectStore): Promise<boolean> {
  return (await store.address(ADDRESSED_PER_ROUND_MAX, unixFsCid)) === ADDRESSED_PER_ROUND_MAX;
}

/**
 * Puts objects into one place, one after the other. What is put into a public network cannot be taken back, so that a proof goes there
 * only when it is about the output beside which it is stored, as in a bundle.
 */
export class PublishObjects {
  constructor(
    private readonly store: ObjectStore,
    private readonly place: ObjectPlace,
    private readonly observer: PublicationObserver,
    private readonly pauses: RetryPauses,
  ) {}

  /**
   * @returns whether there was an object that was due
   * @throws what the place says when it does not take one; that one comes again later
   */
  async next(signal: AbortSignal): Promise<boolean> {
    const { store, place, observer } = this;
    const object = await store.claim(place.name, this.pauses);
    if (object === undefined) return false;
    const { verificationId, cid } = object;
    const refusal = refusalOf(object);
    if (refusal !== undefined) {
      await store.withheld(place.name, verificationId);
      observer.attempted(place.name, 'withheld', cid, refusal);
      return true;
    }
    try {
      await place.put(object, signal);
    } catch (error) {
      if (!signal.aborted)
        observer.attempted(place.name, error instanceof OtherCid ? 'other-cid' : 'failed', cid);
      throw error;
    }
    await store.published(place.name, verificationId);
    observer.attempted(place.name, 'published', cid);
    return true;
  }
}

function refusalOf({ bytes, record }: WaitingObject): string | undefined {
  const stored = new TextDecoder().decode(bytes);
  return fittingProof(stored, outputRecorded.parse(JSON.parse(record))).alarm?.detail;
}
