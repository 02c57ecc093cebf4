import { describe, expect, it } from '@jest/globals';
import { healthValues } from '@touchstone/contracts';
import { FLIP_THRESHOLD_MAX, RECENT_RUNS_MAX } from './flip-rules.js';
import type { NodeState } from './node.js';
import { observeHeartbeat, type Observation } from './observe-heartbeat.js';
import { A, build, play, rules, START_MS, WINDOW_MS, type Beat } from '../../test/support/play-heartbeats.js';

const B = build({ buildId: 'B' });
const C = build({ capabilityHash: 'cc'.repeat(32) });
const onWindows = build({ runtime: { os: 'windows', python: '3.11.7' } });

const statuses = (beats: readonly Beat[], under = rules) => play(beats, under).map(({ node }) => node.status);
const nodeAfter = (beats: readonly Beat[]) => (play(beats).at(-1) as Observation).node;
const findings = (beats: readonly Beat[]) =>
  play(beats).flatMap(({ audit }) =>
    audit.map(({ event, reason }) => (reason ? `${event} ${reason}` : event)),
  );

const FIRST = 'ATTESTATION_FIRST_SEEN';
const DRIFT = 'ATTESTATION_DRIFT';
const FLIP = 'ATTESTATION_SPOOF_SUSPECT flip-flop';

describe('the rules of R-NODE-4', () => {
  it('call a node that stays as it is OK, and one without attestation MISSING, and leave the health of both alone', () => {
    const beats: Beat[] = healthValues.flatMap((health, index): Beat[] => [
      [index * 20, A, health],
      [index * 20 + 10, null, health],
    ]);
    for (const { node } of play(beats)) expect(node.health).toBe(node.reportedHealth);
    expect(statuses(beats)).toEqual(healthValues.flatMap(() => ['OK', 'MISSING']));
    expect(findings(beats)).toEqual([FIRST]);
  });

  it.each([
    ['build', B],
    ['capabilities', C],
  ])('call another %s than the first one DRIFT, once and as long as it stays', (_what, other) => {
    const beats: Beat[] = [
      [0, A],
      [10, other],
      [20, other],
      [10_000, other],
    ];
    expect(statuses(beats)).toEqual(['OK', 'DRIFT', 'DRIFT', 'DRIFT']);
    expect(findings(beats)).toEqual([FIRST, DRIFT]);
    expect(nodeAfter(beats)).toMatchObject({ driftCount: 1, spoofCount: 0, lastChangeMs: START_MS + 10_000 });
  });

  it.each([
    ['GREEN', 'YELLOW'],
    ['YELLOW', 'YELLOW'],
    ['RED', 'RED'],
    ['DEAD', 'DEAD'],
  ] as const)('make %s of a drifted or suspected node %s', (reported, effective) => {
    for (const beats of [
      [
        [0, A],
        [10, B, reported],
      ],
      [
        [0, A],
        [1, B],
        [2, A, reported],
      ],
    ] as Beat[][])
      expect(nodeAfter(beats)).toMatchObject({ health: effective, reportedHealth: reported });
  });

  it('count each further build of a node that drifts as a change', () => {
    const beats: Beat[] = [
      [0, A],
      [1_000, B],
      [2_000, C],
      [3_000, B],
    ];
    expect(findings(beats)).toEqual([FIRST, DRIFT, DRIFT, DRIFT]);
    expect(nodeAfter(beats).driftCount).toBe(3);
  });

  it.each([
    ['A→B→A', [A, B, A]],
    ['A→B→C', [A, B, C]],
  ])('suspect a spoof in %s within the window, on the third and not before', (_what, said) => {
    const beats = said.map((each, index): Beat => [index * 60, each]);
    expect(statuses(beats)).toEqual(['OK', 'DRIFT', 'SPOOF_SUSPECT']);
    expect(findings(beats)).toEqual([FIRST, DRIFT, FLIP]);
    expect(nodeAfter(beats)).toMatchObject({ health: 'YELLOW', driftCount: 1, spoofCount: 1 });
  });

  it('let the window end exactly there', () => {
    const to = (end: number): Beat[] => [
      [0, A],
      [60, B],
      [end, A],
    ];
    expect(statuses(to(120)).at(-1)).toBe('SPOOF_SUSPECT');
    expect(statuses(to(120.001)).at(-1)).toBe('DRIFT');
  });

  it('count a build as long as it is said, not from when it was said first', () => {
    const steady = Array.from({ length: 100 }, (_, index): Beat => [index * 10, A]);
    expect(statuses([...steady, [1_000, B], [1_010, A]]).at(-1)).toBe('SPOOF_SUSPECT');
  });

  it('keep to the threshold that is set', () => {
    expect(FLIP_THRESHOLD_MAX).toBeLessThanOrEqual(RECENT_RUNS_MAX);
    const beats = Array.from({ length: FLIP_THRESHOLD_MAX }, (_, index): Beat => [index, index % 2 ? B : A]);
    const under = { windowMs: WINDOW_MS, threshold: FLIP_THRESHOLD_MAX };
    expect(statuses(beats, under).indexOf('SPOOF_SUSPECT')).toBe(FLIP_THRESHOLD_MAX - 1);
    expect(statuses(beats, { ...under, threshold: 2 })[1]).toBe('SPOOF_SUSPECT');
  });

  it('suspect a spoof at once where one build has two runtimes within the window', () => {
    const beats: Beat[] = [
      [0, A],
      [10, onWindows],
      [20, A],
    ];
    expect(statuses(beats)).toEqual(['OK', 'SPOOF_SUSPECT', 'SPOOF_SUSPECT']);
    expect(findings(beats)).toEqual([FIRST, 'ATTESTATION_SPOOF_SUSPECT contradictory-runtime']);
    expect(
      statuses([
        [0, A],
        [121, onWindows],
      ]),
    ).toEqual(['OK', 'OK']);
    const apart: Beat[] = [
      [0, A],
      [10, B],
      [20, onWindows],
    ];
    expect(statuses(apart, { ...rules, threshold: 9 }).at(-1)).toBe('SPOOF_SUSPECT');
  });

  it('tell a suspicion that goes on once, and one that comes again once more', () => {
    const flips = (from: number) =>
      Array.from({ length: 20 }, (_, index): Beat => [from + index * 10, index % 2 ? B : A]);
    const calm = Array.from({ length: 13 }, (_, index): Beat => [200 + index * 10, B]);
    const beats = [...flips(0), ...calm, ...flips(400)];
    expect(findings(beats)).toEqual([FIRST, DRIFT, FLIP, FLIP]);
    expect(nodeAfter(beats).spoofCount).toBe(2);
  });

  it('call a node OK again once it has been back at its first build for the window', () => {
    const back = Array.from({ length: 14 }, (_, index): Beat => [1_010 + index * 10, A]);
    const seen = statuses([[0, A], [1_000, B], ...back]);
    expect(seen.slice(1)).toEqual(['DRIFT', ...Array(12).fill('DRIFT'), 'OK', 'OK']);
    expect(nodeAfter([[0, A], [1_000, B], ...back])).toMatchObject({ health: 'GREEN', driftCount: 1 });
  });

  it('make a suspected node that stays elsewhere a drifted one, without a second line', () => {
    const stays = Array.from({ length: 14 }, (_, index): Beat => [20 + index * 10, B]);
    const beats: Beat[] = [[0, A], [5, B], [10, A], ...stays];
    const seen = statuses(beats);
    expect([seen[2], seen[3], seen.at(-1)]).toEqual(['SPOOF_SUSPECT', 'SPOOF_SUSPECT', 'DRIFT']);
    expect(findings(beats)).toEqual([FIRST, DRIFT, FLIP]);
  });

  it('forget nothing for a heartbeat without attestation', () => {
    expect(
      statuses([
        [0, A],
        [10, B],
        [20, null],
        [30, A],
      ]),
    ).toEqual(['OK', 'DRIFT', 'MISSING', 'SPOOF_SUSPECT']);
    const beats: Beat[] = [
      [0, A],
      [10, B],
      [20, null],
      [30, B],
      [40, null],
      [50, B],
    ];
    expect(findings(beats)).toEqual([FIRST, DRIFT]);
  });

  it('tell of a drift that an older version called OK, measured against the first build', () => {
    const known: NodeState = {
      ...nodeAfter([
        [0, A],
        [10, B],
      ]),
      status: 'OK',
      driftCount: 0,
    };
    const report = { ...known, tsUtc: '', receivedAtMs: START_MS + 20_000, clockSkewMs: 0, attestation: B };
    const next = observeHeartbeat(
      known,
      { ...report, health: 'GREEN', reporter: 'http', remoteAddress: null },
      rules,
    );
    expect(next.node).toMatchObject({ status: 'DRIFT', driftCount: 1 });
    expect(next.audit).toMatchObject([{ event: DRIFT, old_build: 'A', new_build: 'B' }]);
  });

  it('keep RECENT_RUNS_MAX runs beside the last one, and nothing of a node that stays as it is', () => {
    const after = (runs: number) =>
      nodeAfter(Array.from({ length: runs }, (_, index): Beat => [index, index % 2 ? B : A])).recentRuns;
    expect(after(RECENT_RUNS_MAX + 1)).toHaveLength(RECENT_RUNS_MAX);
    expect(after(RECENT_RUNS_MAX + 2)).toHaveLength(RECENT_RUNS_MAX);
    expect(
      nodeAfter([
        [0, A],
        [1, B],
        [100, B],
        [122, B],
      ]).recentRuns,
    ).toEqual([]);
  });
});

describe('a line of the audit (R-NODE-5)', () => {
  it('has prefixes, builds without what steers a screen, the address and the time of the hub', () => {
    const hidden = build({ buildId: 'B\u202e\u2028x', capabilityHash: '0123456789abcdef'.repeat(4) });
    expect(
      play([
        [0, A],
        [10, hidden],
      ])[1]?.audit,
    ).toEqual([
      {
        ...{ event: DRIFT, node_id: 'node-1', reason: null, reporter: 'http', remote_addr: '127.0.0.1' },
        ...{ zone: null, detail: null },
        ...{ old_cap_prefix: 'a1a1a1a1', new_cap_prefix: '01234567', old_build: 'A' },
        new_build: 'B\u{fffd}\u{fffd}x',
        ts_utc: new Date(START_MS + 10_000).toISOString(),
      },
    ]);
  });
});
