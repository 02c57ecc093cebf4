import type { Settlement } from './payment.js';

/** What the caller of a request that may cost something gets. */
export type Reply =
  | {
      readonly kind: 'answered';
      readonly body: Uint8Array;
      /** The settlement of a paid answer. */
      readonly settlement: Settlement | undefined;
      /** True when the answer was stored earlier and neither anything was computed nor anything was charged. */
      readonly replayed: boolean;
    }
  | {
      readonly kind: 'pending';
      readonly verificationId: string;
      readonly settlement: Settlement | undefined;
      /** What the caller is told about the payment. */
      readonly message: string;
    };
