import { describe, expect, it } from '@jest/globals';
import type { SubjectKind } from '../bundle/schema.js';
import { labelOf, labels, satisfies } from './label.js';
import type { Step, StepName, StepStatus } from './step.js';

describe('satisfies', () => {
  it.each([
    ['L0', 'L0', false, true],
    ['L0', 'L1', false, false],
    ['L1', 'L1', false, true],
    ['L1', 'L2', true, false],
    ['L2', 'L1', false, true],
    ['L2', 'L2', false, true],
    ['L2-test', 'L1', false, true],
    ['L2-test', 'L2', false, false],
    ['L2-test', 'L2', true, true],
    ['L2', 'L5', true, false],
    ['L5', 'L2', false, true],
    ['L5', 'L6', true, false],
    ['L6', 'L5', false, true],
    ['L5-test', 'L1', false, true],
    ['L5-test', 'L2', false, false],
    ['L5-test', 'L2', true, true],
    ['L5-test', 'L6', true, false],
    ['L6-test', 'L5', false, false],
    ['L6-test', 'L6', true, true],
  ] as const)('%s for %s (test networks allowed: %s) is %s', (label, required, allowTest, expected) => {
    expect(satisfies(label, required, allowTest)).toBe(expected);
  });

  it('orders the labels from nothing to proven', () => {
    expect(labels).toEqual(['L0', 'L1', 'L2-test', 'L2', 'L5-test', 'L5', 'L6-test', 'L6']);
  });
});

describe.each([
  ['output', ['gate', 'context', 'key', 'signature', 'key-state', 'commitment'], ['inclusion']],
  ['event', ['gate', 'key', 'signature', 'key-state', 'inclusion'], []],
] as const satisfies [SubjectKind, StepName[], StepName[]][])('labelOf an %s', (kind, first, more) => {
  const l1: readonly StepName[] = first;
  const all: StepName[] = [...l1, ...more, 'entry-match', 'log-inclusion', 'checkpoint-signature'];
  const stepsOf = (names: readonly StepName[], status: StepStatus): Step[] =>
    names.map((name) => ({ name, status, restsOn: 'this spec', index: 0 }));
  const anchored = [{ network: 'eip155:1', logProof: 0, test: false, timeMs: 0, uncertaintyMs: 60_000 }];

  it.each(all.map((name) => [name, l1.includes(name) ? 'L0' : 'L1'] as const))(
    'without %s it is %s at most',
    (missing, label) => {
      const rest = all.filter((name) => name !== missing);
      for (const status of ['not-checked', 'absent'] as const) {
        expect(labelOf(kind, [...stepsOf(rest, 'pass'), ...stepsOf([missing], status)], anchored)).toBe(
          label,
        );
      }
      expect(labelOf(kind, [...stepsOf(rest, 'pass'), ...stepsOf([missing], 'fail')], anchored)).toBe('L0');
    },
  );

  it('counts an anchor only for the log proof that it anchors', () => {
    const other = [{ network: 'eip155:1', logProof: 1, test: false, timeMs: 0, uncertaintyMs: 60_000 }];
    expect(labelOf(kind, stepsOf(all, 'pass'), anchored)).toBe('L2');
    expect(labelOf(kind, stepsOf(all, 'pass'), other)).toBe('L1');
  });
});
