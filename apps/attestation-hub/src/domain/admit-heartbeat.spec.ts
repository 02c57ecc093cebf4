import { describe, expect, it } from '@jest/globals';
import { refuseHeartbeat, STATUS_CHANGE_INTERVAL_MS } from './admit-heartbeat.js';
import type { HeartbeatReport } from './heartbeat-report.js';
import { observeHeartbeat } from './observe-heartbeat.js';

const AT_MS = Date.UTC(2026, 0, 1);

const report = (change: Partial<HeartbeatReport> = {}): HeartbeatReport => ({
  nodeId: 'node-1',
  health: 'GREEN',
  tsUtc: '2026-01-01T00:00:00Z',
  receivedAtMs: AT_MS,
  clockSkewMs: 0,
  attestation: { buildId: 'build-1', capabilityHash: 'ab'.repeat(32), runtime: {} },
  reporter: 'http',
  remoteAddress: null,
  ...change,
});
const nodeAfter = (first: HeartbeatReport) => observeHeartbeat(undefined, first).node;

describe('refuseHeartbeat', () => {
  it('takes a new node, and a node that goes on as it did', () => {
    expect(refuseHeartbeat(undefined, report())).toBeUndefined();
    expect(refuseHeartbeat(nodeAfter(report()), report({ health: 'RED' }))).toBeUndefined();
  });

  it('lets nobody post over what a service of the mesh says of its node, whatever it is', () => {
    const known = nodeAfter(report({ reporter: 'inference-gateway' }));
    for (const posted of [report(), report({ attestation: null })])
      expect(refuseHeartbeat(known, posted)).toMatchObject({ code: 'forbidden' });
    expect(
      refuseHeartbeat(known, report({ reporter: 'inference-gateway', attestation: null })),
    ).toBeUndefined();
  });

  it('lets a service take over a node that was posted', () => {
    const known = nodeAfter(report());
    expect(refuseHeartbeat(known, report({ reporter: 'inference-gateway' }))).toBeUndefined();
  });

  it('takes a change of the status STATUS_CHANGE_INTERVAL_MS after the last one and not before', () => {
    const known = nodeAfter(report());
    const flipped = (afterMs: number) => report({ attestation: null, receivedAtMs: AT_MS + afterMs });
    expect(refuseHeartbeat(known, flipped(STATUS_CHANGE_INTERVAL_MS))).toBeUndefined();
    expect(refuseHeartbeat(known, flipped(STATUS_CHANGE_INTERVAL_MS - 1))).toMatchObject({
      code: 'rate-limited',
      retryAfterSeconds: 1,
    });
  });
});
