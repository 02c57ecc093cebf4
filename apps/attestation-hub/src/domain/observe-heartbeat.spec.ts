import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FlipRules } from './flip-rules.js';
import type { HeartbeatReport } from './heartbeat-report.js';
import type { NodeState } from './node.js';
import { observeHeartbeat, type Observation } from './observe-heartbeat.js';

const rules: FlipRules = { windowMs: 120_000, threshold: 3 };
const START_MS = Date.UTC(2026, 0, 2);
const build = { buildId: 'build-1', capabilityHash: 'ab'.repeat(32), runtime: { os: 'linux', node: 'v20' } };

function report(change: Partial<HeartbeatReport> = {}): HeartbeatReport {
  const receivedAtMs = change.receivedAtMs ?? START_MS;
  return {
    nodeId: 'node-1',
    health: 'GREEN',
    tsUtc: new Date(receivedAtMs).toISOString(),
    receivedAtMs,
    clockSkewMs: 0,
    attestation: build,
    reporter: 'http',
    remoteAddress: null,
    ...change,
  };
}

/** Takes reports one after the other, as a store does. */
function observeAll(reports: readonly HeartbeatReport[]): Observation[] {
  let known: NodeState | undefined;
  return reports.map((each) => {
    const observation = observeHeartbeat(known, each, rules);
    known = observation.node;
    return observation;
  });
}

const lastOf = (reports: readonly HeartbeatReport[]) => observeAll(reports).at(-1) as Observation;

describe('observeHeartbeat', () => {
  it('makes no entry and no event of a heartbeat that says nothing new', () => {
    const sameInOtherOrder = { ...build, runtime: { node: 'v20', os: 'linux' } };
    const { node, entry, previousStatus, audit, reporterChanged } = lastOf([
      report(),
      report({ receivedAtMs: START_MS + 10_000, attestation: sameInOtherOrder }),
    ]);
    expect({ entry, previousStatus, audit, reporterChanged }).toEqual({
      entry: null,
      previousStatus: undefined,
      audit: [],
      reporterChanged: false,
    });
    expect(node).toMatchObject({
      historyLength: 1,
      firstSeen: { atMs: START_MS },
      lastSeen: { atMs: START_MS + 10_000 },
      lastChangeMs: START_MS,
    });
  });

  it.each<[string, Partial<HeartbeatReport>]>([
    ['another health', { health: 'RED' }],
    ['another build', { attestation: { ...build, buildId: 'build-2' } }],
    ['other capabilities', { attestation: { ...build, capabilityHash: 'cd'.repeat(32) } }],
    ['another runtime', { attestation: { ...build, runtime: { os: 'linux', node: 'v22' } } }],
    [
      'a member more in the runtime',
      { attestation: { ...build, runtime: { ...build.runtime, python: '3' } } },
    ],
    ['another reporter', { reporter: 'inference-gateway' }],
    ['no attestation', { attestation: null }],
  ])('makes an entry of %s', (_name, change) => {
    const { entry, node } = lastOf([report(), report(change)]);
    expect(entry).toMatchObject({ number: 1 });
    expect(node.historyLength).toBe(2);
    expect(node.firstSeen).toMatchObject(build);
  });

  it('makes one entry of a silence about the build that goes on', () => {
    const bare = report({ attestation: null });
    expect(observeAll([bare, bare, bare]).map(({ entry }) => entry?.number)).toEqual([
      0,
      undefined,
      undefined,
    ]);
  });

  it('sees the build that returns unchanged as a change of status alone', () => {
    const { entry, previousStatus, audit } = lastOf([report(), report({ attestation: null }), report()]);
    expect(entry).toMatchObject({ number: 2, status: 'OK' });
    expect(previousStatus).toBe('MISSING');
    expect(audit).toEqual([]);
  });

  it('never lets time run backwards when the clocks of replicas differ', () => {
    const { node } = lastOf([report(), report({ receivedAtMs: START_MS - 5_000, attestation: null })]);
    expect(node.lastHeartbeat.atMs).toBe(START_MS);
    expect(node.lastChangeMs).toBe(START_MS);
  });

  it('shows each change of the reporter and remembers the one before', () => {
    const seen = observeAll([
      report({ reporter: 'a' }),
      report({ reporter: 'b', receivedAtMs: START_MS + 1 }),
      report({ reporter: 'b', receivedAtMs: START_MS + 2 }),
    ]);
    expect(seen.map(({ reporterChanged }) => reporterChanged)).toEqual([false, true, false]);
    expect(seen[2]?.node.reporter).toEqual({ current: 'b', previous: 'a', changedAtMs: START_MS + 1 });
  });

  it('keeps its promises for any sequence of heartbeats', () => {
    const anyReport = fc
      .record({
        health: fc.constantFrom('GREEN' as const, 'YELLOW' as const, 'RED' as const, 'DEAD' as const),
        buildId: fc.option(fc.constantFrom('build-1', 'build-2')),
        reporter: fc.constantFrom('http', 'inference-gateway'),
        receivedAtMs: fc.integer({ min: START_MS, max: START_MS + 60_000 }),
      })
      .map(({ buildId, ...rest }) =>
        report({ ...rest, attestation: buildId === null ? null : { ...build, buildId } }),
      );
    fc.assert(
      fc.property(fc.array(anyReport, { minLength: 1, maxLength: 30 }), (reports) => {
        const seen = observeAll(reports);
        const firstAttested = reports.findIndex(({ attestation }) => attestation !== null);
        for (const [index, { node, entry, previousStatus, audit }] of seen.entries()) {
          const before = seen[index - 1]?.node;
          expect(node.status === 'MISSING').toBe(reports[index]?.attestation === null);
          expect(node.reportedHealth).toBe(reports[index]?.health);
          expect(previousStatus).toBe(before?.status === node.status ? undefined : (before?.status ?? null));
          expect(node.lastHeartbeat.atMs).toBeGreaterThanOrEqual(before?.lastHeartbeat.atMs ?? 0);
          expect(entry?.number ?? null).toBe(
            node.historyLength === (before?.historyLength ?? 0) ? null : node.historyLength - 1,
          );
          expect(audit[0]?.event === 'ATTESTATION_FIRST_SEEN').toBe(index === firstAttested);
          expect(audit.length).toBeLessThanOrEqual(1);
          if (before?.firstSeen) expect(node.firstSeen).toEqual(before.firstSeen);
          const counted = (event: string) =>
            seen.slice(0, index + 1).filter(({ audit: [line] }) => line?.event === event).length;
          expect(node.driftCount).toBe(counted('ATTESTATION_DRIFT'));
          expect(node.spoofCount).toBe(counted('ATTESTATION_SPOOF_SUSPECT'));
        }
      }),
    );
  });
});
