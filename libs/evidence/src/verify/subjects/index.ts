import { isEventBundle, type EvidenceBundle } from '../../bundle/schema.js';
import { eventSubject } from './event.js';
import type { Subject } from './kind.js';
import { outputSubject } from './output.js';

/** What a bundle of any kind is about. */
export const subjectOf = (bundle: EvidenceBundle): Subject =>
  isEventBundle(bundle) ? eventSubject(bundle) : outputSubject(bundle);
