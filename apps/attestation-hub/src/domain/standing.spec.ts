import { describe, expect, it } from '@jest/globals';
import { blockReasons, judgedStatuses, zoneModes, zoneRules } from '@touchstone/contracts';
import { isAnnounced, isBlocked, judgeStanding, standingEvent, UNTOLD, wouldBlock } from './standing.js';
import { DEFAULT_ZONE, Zones, type Zone } from './zones.js';

const fine = { quarantined: false, status: 'OK', silent: false, signed: true } as const;
const zone = (change: Partial<Zone> = {}): Zone => ({
  ...{ zone: 'prod', prefix: 'prod-', mode: 'enforce', rules: zoneRules },
  ...change,
});
const standing = (mode: Zone['mode'], reason: (typeof blockReasons)[number] | null = null) => ({
  ...{ zone: 'prod', mode, quarantined: reason === 'quarantined', reason },
});

describe('the policy of a zone (R-NODE-7)', () => {
  const cases = [
    [{ quarantined: true }, 'quarantined'],
    [{ status: 'SPOOF_SUSPECT' }, 'spoof-suspect'],
    [{ status: 'DRIFT' }, 'drift'],
    [{ status: 'MISSING' }, 'missing'],
    [{ silent: true }, 'stale'],
    [{ signed: false }, 'unsigned'],
  ] as const;

  it.each(cases)('speaks against %j as %s', (change, reason) => {
    expect(judgeStanding(zone(), { ...fine, ...change }).reason).toBe(reason);
  });

  it('names the first of several reasons, in the order of the contract', () => {
    expect(cases.map(([, reason]) => reason)).toEqual(blockReasons);
    const all = { quarantined: true, status: 'DRIFT', silent: true, signed: false } as const;
    expect(judgeStanding(zone(), all).reason).toBe('quarantined');
    expect(judgeStanding(zone(), { ...all, quarantined: false }).reason).toBe('drift');
  });

  it('looks at nothing that it does not name, but always at quarantine', () => {
    const none = zone({ rules: [] });
    for (const status of judgedStatuses)
      expect(
        judgeStanding(none, { quarantined: false, status, silent: true, signed: false }).reason,
      ).toBeNull();
    expect(isBlocked(judgeStanding(none, { ...fine, quarantined: true }))).toBe(true);
    for (const [index, rule] of zoneRules.entries())
      for (const [change, reason] of cases.slice(1))
        expect(judgeStanding(zone({ rules: [rule] }), { ...fine, ...change }).reason).toBe(
          blockReasons[index + 1] === reason ? reason : null,
        );
  });

  it('keeps a suspected node suspected when it falls silent', () => {
    const silent = { ...fine, status: 'SPOOF_SUSPECT', silent: true } as const;
    expect(judgeStanding(zone({ rules: ['SPOOF_SUSPECT'] }), silent).reason).toBe('spoof-suspect');
  });

  it('blocks under enforce alone', () => {
    for (const mode of zoneModes) expect(isBlocked(standing(mode, 'drift'))).toBe(mode === 'enforce');
    expect(isBlocked(standing('enforce'))).toBe(false);
  });
});

describe('by default (R-NODE-4: nothing is blocked)', () => {
  it('no fact whatever blocks a node', () => {
    for (const status of judgedStatuses)
      for (const quarantined of [true, false])
        expect(
          isBlocked(
            judgeStanding(new Zones().of('any'), { quarantined, status, silent: true, signed: false }),
          ),
        ).toBe(false);
  });

  it('an unsigned node is what is expected', () => {
    expect(judgeStanding(DEFAULT_ZONE, { ...fine, signed: false }).reason).toBeNull();
  });
});

describe('a change of standing', () => {
  it.each([
    [standing('observe'), standing('observe', 'drift'), true, undefined, false],
    [standing('warn'), standing('warn', 'drift'), true, 'ATTESTATION_WOULD_BLOCK', false],
    [standing('warn', 'drift'), standing('warn', 'drift'), false, undefined, false],
    [standing('warn', 'drift'), standing('warn', 'stale'), true, 'ATTESTATION_WOULD_BLOCK', false],
    [standing('enforce'), standing('enforce', 'drift'), false, 'ATTESTATION_BLOCKED', true],
    [standing('enforce', 'drift'), standing('enforce', 'stale'), false, 'ATTESTATION_BLOCKED', false],
    [standing('enforce', 'drift'), standing('enforce', 'drift'), false, undefined, false],
    [standing('enforce', 'drift'), standing('enforce'), false, 'ATTESTATION_UNBLOCKED', true],
    [standing('warn', 'drift'), standing('enforce', 'drift'), false, 'ATTESTATION_BLOCKED', true],
    [standing('observe'), standing('observe', 'quarantined'), true, undefined, true],
    [UNTOLD, standing('observe'), false, undefined, true],
  ] as const)(
    'from %j to %j counts %s, is told as %s, announced %s',
    (before, after, counts, event, told) => {
      expect(wouldBlock(before, after)).toBe(counts);
      expect(standingEvent(before, after)).toBe(event);
      expect(isAnnounced(before, after)).toBe(told);
    },
  );
});

describe('the zones of a hub', () => {
  const zones = new Zones([
    zone({ zone: 'listed', prefix: undefined, nodes: ['prod-1', 'x'] }),
    zone(),
    zone({ zone: 'observed', prefix: 'o-', mode: 'observe' }),
  ]);

  it.each([
    ['prod-1', 'listed'],
    ['prod-2', 'prod'],
    ['x', 'listed'],
    ['o-1', 'observed'],
    ['prod', 'default'],
  ])('have %s in %s, the first one that fits', (id, name) => {
    expect(zones.of(id).zone).toBe(name);
  });

  it('block in those that enforce', () => {
    expect(zones.enforced().map((each) => each.zone)).toEqual(['listed', 'prod']);
  });
});
