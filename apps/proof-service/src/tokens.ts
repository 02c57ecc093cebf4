import { token } from '@touchstone/platform/wiring';
import type { EvidenceStore } from './domain/evidence/evidence-store.js';
import type { ProofStore } from './domain/proof/proof-store.js';

/** What Nest finds the ports of the domain by. */
export const PROOF_STORE = token<ProofStore>('ProofStore');
export const EVIDENCE_STORE = token<EvidenceStore>('EvidenceStore');
