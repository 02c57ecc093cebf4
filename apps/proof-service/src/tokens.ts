import { token } from '@touchstone/platform/wiring';
import type { EvidenceStore } from './domain/evidence/evidence-store.js';
import type { EventQuestion } from './domain/evidence/event-evidence.js';
import type { EvidenceReader, EvidenceReaderOptions } from './domain/evidence/evidence-reader.js';
import type { ObjectStore } from './domain/object/ports.js';
import type { ProofStore } from './domain/proof/proof-store.js';

/** What Nest finds the ports of the domain by. */
export const PROOF_STORE = token<ProofStore>('ProofStore');
export const OBJECT_STORE = token<ObjectStore>('ObjectStore');
export const EVIDENCE_STORE = token<EvidenceStore>('EvidenceStore');
/** What the readers of all kinds share. */
export const EVIDENCE_SHARED = token<EvidenceReaderOptions>('EvidenceShared');
export const OUTPUT_EVIDENCE = token<EvidenceReader<string>>('OutputEvidence');
export const EVENT_EVIDENCE = token<EvidenceReader<EventQuestion>>('EventEvidence');
