import { describe, expect, it } from '@jest/globals';
import {
  HEARTBEAT_REFILL_MS,
  HEARTBEATS_PER_NODE_MAX,
  refuseHeartbeat as refuseUnder,
  STATUS_CHANGE_REFILL_MS,
  STATUS_CHANGES_PER_NODE_MAX,
} from './admit-heartbeat.js';
import type { FlipRules } from './flip-rules.js';
import type { HeartbeatReport } from './heartbeat-report.js';
import type { NodeState } from './node.js';
import { observeHeartbeat as observeUnder } from './observe-heartbeat.js';

const rules: FlipRules = { windowMs: 120_000, threshold: 3 };
const refuseHeartbeat = (known: NodeState | undefined, each: HeartbeatReport) =>
  refuseUnder(known, each, rules);
const observeHeartbeat = (known: NodeState | undefined, each: HeartbeatReport) =>
  observeUnder(known, each, rules);

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
const nodeAfter = (...reports: HeartbeatReport[]): NodeState =>
  reports.reduce<NodeState | undefined>(
    (known, each) => observeHeartbeat(known, each).node,
    undefined,
  ) as NodeState;

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

  describe.each(['http', 'inference-gateway'])('from %s', (reporter) => {
    it('takes HEARTBEATS_PER_NODE_MAX heartbeats at once, and one more after HEARTBEAT_REFILL_MS', () => {
      const known = nodeAfter(
        ...Array.from({ length: HEARTBEATS_PER_NODE_MAX - 1 }, () => report({ reporter })),
      );
      expect(refuseHeartbeat(known, report({ reporter }))).toBeUndefined();
      const full = observeHeartbeat(known, report({ reporter })).node;
      const after = (ms: number) => report({ reporter, receivedAtMs: AT_MS + ms });
      expect(refuseHeartbeat(full, after(0))).toMatchObject({ code: 'rate-limited', retryAfterSeconds: 1 });
      expect(refuseHeartbeat(full, after(HEARTBEAT_REFILL_MS - 1))).toMatchObject({ code: 'rate-limited' });
      expect(refuseHeartbeat(full, after(HEARTBEAT_REFILL_MS))).toBeUndefined();
    });

    it('takes STATUS_CHANGES_PER_NODE_MAX changes at once, and one more after STATUS_CHANGE_REFILL_MS', () => {
      const flipped = (index: number, ms = 0) =>
        report({
          reporter,
          receivedAtMs: AT_MS + ms,
          ...(index % 2 === 0 ? {} : { attestation: null }),
        });
      const flips = Array.from({ length: STATUS_CHANGES_PER_NODE_MAX }, (_, index) => flipped(index));
      const last = flips.pop() as HeartbeatReport;
      const known = nodeAfter(...flips);
      expect(refuseHeartbeat(known, last)).toBeUndefined();
      const full = observeHeartbeat(known, last).node;
      const next = (ms: number) => refuseHeartbeat(full, flipped(STATUS_CHANGES_PER_NODE_MAX, ms));
      expect(next(0)).toMatchObject({
        code: 'rate-limited',
        retryAfterSeconds: STATUS_CHANGE_REFILL_MS / 1_000,
      });
      expect(next(STATUS_CHANGE_REFILL_MS - 1)).toMatchObject({ code: 'rate-limited', retryAfterSeconds: 1 });
      expect(next(STATUS_CHANGE_REFILL_MS)).toBeUndefined();
      expect(refuseHeartbeat(full, last)).toBeUndefined();
    });
  });

  it('lets no stranger use up what a service may report of a node that it takes over', () => {
    const posted = Array.from({ length: STATUS_CHANGES_PER_NODE_MAX }, (_, index) =>
      report(index % 2 === 0 ? {} : { attestation: null }),
    );
    const known = nodeAfter(...posted);
    expect(refuseHeartbeat(known, report())).toMatchObject({ code: 'rate-limited' });
    const taking = report({ reporter: 'inference-gateway' });
    expect(refuseHeartbeat(known, taking)).toBeUndefined();
    expect(observeHeartbeat(known, taking).node.refills).toEqual({
      heartbeatsMs: AT_MS + HEARTBEAT_REFILL_MS,
      statusChangesMs: AT_MS + STATUS_CHANGE_REFILL_MS,
    });
  });
});
