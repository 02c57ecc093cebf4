import { token } from '@touchstone/platform/wiring';
import type { AuditLog, BatchStore, CheckpointStore, KeySetStore } from './domain/ports.js';

/** What Nest finds the ports of the domain by. */
export const AUDIT_LOG = token<AuditLog>('AuditLog');
export const BATCH_STORE = token<BatchStore>('BatchStore');
export const CHECKPOINT_STORE = token<CheckpointStore>('CheckpointStore');
export const KEY_SET_STORE = token<KeySetStore>('KeySetStore');
