import { describe, expect, it } from '@jest/globals';
import { LastNodeStatus, NODE_STATUS_MAX_AGE_MS } from './node-status.js';

const said = {
  schema: 'attestation_v1',
  build_id: '0.1.0+build',
  capability_hash: 'a'.repeat(64),
  runtime: {},
} as const;
const unknown = { nodeId: 'node-1', attestationStatus: 'UNKNOWN', buildId: null, capabilityHash: null };

describe('what is known about a node', () => {
  it('is nothing at first', () => {
    expect(new LastNodeStatus('node-1', () => 0).current()).toEqual(unknown);
  });

  it('is the last answer of the hub for NODE_STATUS_MAX_AGE_MS, and then nothing', () => {
    let nowMs = 1_000;
    const status = new LastNodeStatus('node-1', () => nowMs);
    status.remember({ nodeId: 'node-1', status: 'OK' }, said);
    status.remember({ nodeId: 'node-1', status: 'SPOOF_SUSPECT' }, said);
    nowMs += NODE_STATUS_MAX_AGE_MS;
    expect(status.current()).toEqual({
      nodeId: 'node-1',
      attestationStatus: 'SPOOF_SUSPECT',
      buildId: said.build_id,
      capabilityHash: said.capability_hash,
    });
    nowMs += 1;
    expect(status.current()).toEqual(unknown);
  });

  it('is not what the hub holds of another node', () => {
    const status = new LastNodeStatus('node-1', () => 0);
    status.remember({ nodeId: 'node-2', status: 'OK' }, said);
    expect(status.current()).toEqual(unknown);
  });
});
