import { token } from '@touchstone/platform/wiring';
import type { DecisionStore, PolicyStore, RolloutStore, StandingReader } from './domain/decision-ports.js';
import type { KeyStore } from './domain/key-ports.js';
import type { AuditReader, NodeReader, NodeRemover, NodeStore, SilentNodeStore } from './domain/ports.js';

/** What Nest finds the ports of the domain by. */
export const NODE_STORE = token<NodeStore>('NodeStore');
export const SILENT_NODE_STORE = token<SilentNodeStore>('SilentNodeStore');
export const NODE_READER = token<NodeReader>('NodeReader');
export const NODE_REMOVER = token<NodeRemover>('NodeRemover');
export const AUDIT_READER = token<AuditReader>('AuditReader');
export const DECISION_STORE = token<DecisionStore>('DecisionStore');
export const ROLLOUT_STORE = token<RolloutStore>('RolloutStore');
export const POLICY_STORE = token<PolicyStore>('PolicyStore');
export const STANDING_READER = token<StandingReader>('StandingReader');
export const KEY_STORE = token<KeyStore>('KeyStore');
