import { AppError } from '@touchstone/contracts';
import { Watches } from '../watches.js';
import type { Verification, VerificationStore } from './verification.js';

/** Nothing more becomes of these by this service's doing. */
const finalStates: ReadonlySet<Verification['state']> = new Set(['recorded', 'settled', 'payment-failed']);

/** What {@link VerificationWatches} needs. */
export interface WatchParts {
  readonly verifications: Pick<VerificationStore, 'find'>;
  /** Of a monotonic clock. */
  readonly nowMs: () => number;
}

/** Tells callers how their verifications get on; `unknown-verification` where there is none. */
export class VerificationWatches extends Watches<Verification> {
  constructor({ verifications, nowMs }: WatchParts) {
    super({
      kind: 'verification',
      find: async (id) => {
        const found = await verifications.find(id);
        if (!found) throw new AppError('unknown-verification', `There is no verification ${id}.`);
        return found;
      },
      stateOf: ({ state }) => state,
      isFinal: ({ state }) => finalStates.has(state),
      nowMs,
    });
  }
}
