import type { OutputPayload, OutputProof } from '@touchstone/contracts';
import type { SignerKeys } from '../model/commitment.js';

/** Signs outputs; this service holds no key. */
export interface Signer {
  signOutput(payload: OutputPayload): Promise<OutputProof>;
  keys(): Promise<SignerKeys>;
}
