import { describe, expect, it } from '@jest/globals';
import { A, build, play, rules, START_MS, type Beat } from '../../test/support/play-heartbeats.js';
import { completed } from './expected-builds.js';
import { FIRST_BUILD, isSelected, UNGOVERNED, type Baseline, type Governance } from './governance.js';
import type { AttestedBuild } from './node.js';

const B = build({ buildId: 'B' });
const C = build({ buildId: 'C' });
const at = (seconds: number) => START_MS + seconds * 1_000;
const rollout = (to: AttestedBuild, from: number, until: number) => ({
  ...{ name: 'r', selection: { prefix: 'node' }, build: to },
  ...{ startedAtMs: at(from), endsAtMs: at(until) },
});
const approved = (...builds: AttestedBuild[]): Governance => ({
  ...UNGOVERNED,
  baseline: { ...FIRST_BUILD, builds },
});
const statuses = (beats: readonly Beat[], governanceAt: (seconds: number) => Governance) =>
  play(beats, rules, governanceAt).map(({ node }) => node.status);
const events = (beats: readonly Beat[], governanceAt: (seconds: number) => Governance) =>
  play(beats, rules, governanceAt).flatMap(({ audit }) => audit.map(({ event }) => event));
const alternate = (from: number, until: number): Beat[] =>
  Array.from({ length: (until - from) / 10 }, (_, index) => [from + index * 10, index % 2 === 0 ? B : A]);

describe('an approved build', () => {
  it('is right from the next heartbeat on, and the first one stays right', () => {
    const beats: Beat[] = [
      [0, A],
      [200, B],
      [210, B],
      [220, B],
      [400, A],
      [600, C],
    ];
    const governance = (seconds: number) => (seconds >= 215 ? approved(B) : UNGOVERNED);
    expect(statuses(beats, governance)).toEqual(['OK', 'DRIFT', 'DRIFT', 'OK', 'OK', 'DRIFT']);
  });

  it('hides no flip-flop and no contradiction', () => {
    expect(
      statuses(
        [
          [0, A],
          [10, B],
          [20, A],
        ],
        () => approved(B),
      ),
    ).toEqual(['OK', 'OK', 'SPOOF_SUSPECT']);
    const onWindows = build({ buildId: 'B', runtime: { os: 'windows' } });
    expect(
      statuses(
        [
          [0, A],
          [10, B],
          [20, onWindows],
        ],
        () => approved(B),
      )[2],
    ).toBe('SPOOF_SUSPECT');
  });
});

describe('a rollout', () => {
  const open = { ...UNGOVERNED, rollouts: [rollout(B, 10, 300)] };
  const after = (baseline: Baseline) => (seconds: number) =>
    seconds < 100 ? open : { ...UNGOVERNED, baseline };

  it('lets two machines with one name say the old and the new build in any order', () => {
    const beats: Beat[] = [[0, A], ...alternate(20, 200)];
    expect(new Set(statuses(beats, () => open))).toEqual(new Set(['OK']));
    expect(events(beats, () => open)).toEqual(['ATTESTATION_FIRST_SEEN']);
  });

  it('forgives no third build, and no two systems with one build', () => {
    expect(
      statuses(
        [
          [0, A],
          [20, B],
          [30, C],
          [40, A],
        ],
        () => open,
      ),
    ).toEqual([...['OK', 'OK', 'DRIFT', 'SPOOF_SUSPECT']]);
    const onWindows = build({ buildId: 'B', runtime: { os: 'windows' } });
    expect(
      statuses(
        [
          [0, A],
          [20, B],
          [30, onWindows],
        ],
        () => open,
      )[2],
    ).toBe('SPOOF_SUSPECT');
  });

  it('that is completed leaves the new build alone right, at once and without a suspicion', () => {
    const governance = after(completed(B, at(100)));
    const beats: Beat[] = [[0, A], ...alternate(20, 100), [101, B], [110, B], [500, A], [510, A]];
    expect(statuses(beats, governance).slice(-4)).toEqual(['OK', 'OK', 'DRIFT', 'DRIFT']);
    expect(events(beats, governance)).toEqual(['ATTESTATION_FIRST_SEEN', 'ATTESTATION_DRIFT']);
  });

  it('finds a node that missed it', () => {
    const governance = after(completed(B, at(100)));
    expect(
      statuses(
        [
          [0, A],
          [90, A],
          [110, A],
        ],
        governance,
      ),
    ).toEqual(['OK', 'OK', 'DRIFT']);
    expect(
      events(
        [
          [0, A],
          [90, A],
          [110, A],
          [120, A],
        ],
        governance,
      ),
    ).toEqual([...['ATTESTATION_FIRST_SEEN', 'ATTESTATION_DRIFT']]);
  });

  it('that is cancelled leaves right what was right before', () => {
    const governance = after({ ...FIRST_BUILD, countsFromMs: at(100) });
    const beats: Beat[] = [[0, A], ...alternate(20, 100), [101, A], [110, A], [300, B]];
    expect(statuses(beats, governance).slice(-3)).toEqual(['OK', 'OK', 'DRIFT']);
  });

  it('is completed by its time, to the millisecond, whether anybody closed it or not', () => {
    const beats = (last: number): Beat[] => [
      [0, A],
      [20, B],
      [last, A],
    ];
    expect(statuses(beats(299.999), () => open)[2]).toBe('OK');
    expect(statuses(beats(300), () => open)[2]).toBe('DRIFT');
  });

  it('judges again what comes after it', () => {
    const governance = after(completed(B, at(100)));
    const beats: Beat[] = [
      [0, A],
      [20, B],
      [110, B],
      [120, A],
      [130, B],
    ];
    expect(statuses(beats, governance)).toEqual(['OK', 'OK', 'OK', 'DRIFT', 'SPOOF_SUSPECT']);
  });

  it('of another rollout of the same node goes on from it', () => {
    const both = { ...UNGOVERNED, rollouts: [rollout(B, 10, 100), rollout(C, 50, 300)] };
    expect(
      statuses(
        [
          [0, A],
          [20, B],
          [110, C],
          [120, B],
          [130, A],
        ],
        () => both,
      ),
    ).toEqual([...['OK', 'OK', 'OK', 'OK', 'DRIFT']]);
  });
});

describe('a selection', () => {
  it.each([
    [{ prefix: 'node' }, true],
    [{ prefix: '' }, true],
    [{ prefix: 'node-11' }, false],
    [{ nodes: ['a', 'node-1'] }, true],
    [{ nodes: ['node'] }, false],
    [{}, false],
  ])('%j has node-1: %s', (selection, has) => {
    expect(isSelected(selection, 'node-1')).toBe(has);
  });
});
