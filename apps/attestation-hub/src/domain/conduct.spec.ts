import { describe, expect, it } from '@jest/globals';
import { A, build, rules, START_MS, WINDOW_MS } from '../../test/support/play-heartbeats.js';
import { EARLIER_BOOTS_MAX } from './conduct.js';
import { SKEW_TOLD_AGAIN_MS } from './freshness.js';
import { UNGOVERNED, type Governance } from './governance.js';
import type { HeartbeatReport } from './heartbeat-report.js';
import type { AttestedBuild, NodeState } from './node.js';
import { observeHeartbeat, type Observation } from './observe-heartbeat.js';

type Beat = readonly [
  seconds: number,
  bootId?: string | undefined,
  sequence?: number | undefined,
  attestation?: AttestedBuild | null,
];

function play(beats: readonly Beat[], governance: Governance = UNGOVERNED, skews: readonly number[] = []) {
  let known: NodeState | undefined;
  return beats.map(([seconds, bootId, sequence, attestation = A], index): Observation => {
    const receivedAtMs = START_MS + seconds * 1_000;
    const report: HeartbeatReport = {
      ...{
        nodeId: 'node-1',
        health: 'GREEN' as const,
        tsUtc: '',
        receivedAtMs,
        attestation,
        bootId,
        sequence,
      },
      ...{ clockSkewMs: skews[index] ?? 0, reporter: 'http', remoteAddress: null },
    };
    const observation = observeHeartbeat(known, report, rules, governance);
    known = observation.node;
    return observation;
  });
}
const statuses = (beats: readonly Beat[], governance?: Governance) =>
  play(beats, governance).map(({ node }) => node.status);
const reasons = (beats: readonly Beat[]) =>
  play(beats).flatMap(({ audit }) => audit.flatMap(({ reason }) => reason ?? []));

describe('two machines with one name', () => {
  it('show by a start that comes back, and are suspected until a window passed without a sign', () => {
    const beats: Beat[] = [
      [0, 'a'],
      [10, 'b'],
      [20, 'a'],
      [30, 'b'],
      [40, 'b'],
      [150, 'b'],
      [151, 'b'],
    ];
    expect(statuses(beats)).toEqual([
      ...['OK', 'OK', 'SPOOF_SUSPECT', 'SPOOF_SUSPECT', 'SPOOF_SUSPECT', 'SPOOF_SUSPECT', 'OK'],
    ]);
    expect(reasons(beats)).toEqual(['two-machines']);
  });

  it('show by heartbeats of one start that count backwards', () => {
    expect(
      statuses([
        [0, 'a', 1],
        [10, 'a', 5],
        [20, 'a', 4],
      ]),
    ).toEqual(['OK', 'OK', 'SPOOF_SUSPECT']);
    expect(
      statuses([
        [0, undefined, 5],
        [10, undefined, 4],
      ]),
    ).toEqual(['OK', 'SPOOF_SUSPECT']);
  });

  it('are not what restarts, gaps, repetitions and starts long ago look like', () => {
    expect(
      statuses([
        [0, 'a', 9],
        [10, 'b', 0],
        [20, 'c', 0],
        [30, 'c', 7],
        [40, 'c', 7],
      ]),
    ).toEqual(Array(5).fill('OK'));
    expect(
      statuses([
        [0, 'a'],
        [10, 'b'],
        [10 + WINDOW_MS / 1_000, 'a'],
      ])[2],
    ).toBe('OK');
    expect(
      statuses([
        [0, 'a'],
        [0, 'b'],
        [WINDOW_MS / 1_000, 'a'],
      ])[2],
    ).toBe('SPOOF_SUSPECT');
    expect(statuses([[0, 'a', 5], [10], [20, 'a', 6]])).toEqual(Array(3).fill('OK'));
  });

  it('are excused by a rollout of the node', () => {
    const rollout = {
      ...{ name: 'r', selection: { prefix: 'node' }, build: build({ buildId: 'B' }) },
      ...{ startedAtMs: START_MS, endsAtMs: START_MS + 60_000 },
    };
    const governance = { ...UNGOVERNED, rollouts: [rollout] };
    expect(
      statuses(
        [
          [0, 'a'],
          [10, 'b'],
          [20, 'a'],
          [30, 'b', 1],
          [40, 'b', 0],
        ],
        governance,
      ),
    ).toEqual(Array(5).fill('OK'));
  });

  it('leave a node that does not attest MISSING (R-NODE-4)', () => {
    expect(
      statuses([
        [0, 'a'],
        [10, 'b'],
        [20, 'a', 0, null],
      ])[2],
    ).toBe('MISSING');
  });

  it('are seen over EARLIER_BOOTS_MAX starts, and not over one more', () => {
    const starts = (count: number): Beat[] => [
      ...Array.from({ length: count + 1 }, (_, index): Beat => [index, `boot-${index}`]),
      [count + 1, 'boot-0'],
    ];
    expect(statuses(starts(EARLIER_BOOTS_MAX)).at(-1)).toBe('SPOOF_SUSPECT');
    expect(statuses(starts(EARLIER_BOOTS_MAX + 1)).at(-1)).toBe('OK');
    expect(play(starts(40)).at(-1)?.node.conduct?.earlier).toHaveLength(EARLIER_BOOTS_MAX);
  });
});

describe('a clock that is off', () => {
  const told = (beats: readonly Beat[], skews: readonly number[]) =>
    play(beats, UNGOVERNED, skews).map(({ audit }) =>
      audit.some(({ event }) => event === 'ATTESTATION_CLOCK_SKEW'),
    );

  it('is told when it begins, and not with every heartbeat', () => {
    expect(told([[0], [10], [20]], [0, 300_001, 300_001])).toEqual([false, true, false]);
    const [first] = play([[0]], UNGOVERNED, [-86_400_000]);
    expect(first?.audit.at(-1)).toMatchObject({ event: 'ATTESTATION_CLOCK_SKEW', detail: '-86400000 ms' });
  });

  it('is told again after SKEW_TOLD_AGAIN_MS, so that one that jumps fills no audit', () => {
    const again = SKEW_TOLD_AGAIN_MS / 1_000;
    expect(told([[0], [10], [again - 0.001], [again]], [400_000, 0, 400_000, 400_000])).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(told([[0], [10], [again]], [400_000, 0, 400_000])).toEqual([true, false, true]);
  });
});
