import type { AnchorKind } from '@touchstone/contracts';
import type { AroundWork } from '../pipeline/around-work.js';
import type { AnchorEvent } from './anchor-event.js';

/** Where something happened. */
export interface AnchorPlace {
  readonly kind: AnchorKind;
  readonly network: string;
}

/** Who is told what happens to the anchors of a target of any kind, for logs and figures. */
export interface TargetObserver {
  /** Puts a span around a piece of work. */
  readonly around: AroundWork;
  anchorChanged(event: AnchorEvent, at: AnchorPlace): void;
}
