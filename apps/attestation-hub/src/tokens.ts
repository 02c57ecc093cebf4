import { token } from '@touchstone/platform/wiring';
import type { AuditReader, NodeReader, NodeRemover, NodeStore, SilentNodeStore } from './domain/ports.js';

/** What Nest finds the ports of the domain by. */
export const NODE_STORE = token<NodeStore>('NodeStore');
export const SILENT_NODE_STORE = token<SilentNodeStore>('SilentNodeStore');
export const NODE_READER = token<NodeReader>('NodeReader');
export const NODE_REMOVER = token<NodeRemover>('NodeRemover');
export const AUDIT_READER = token<AuditReader>('AuditReader');
