import { describe, expect, it } from '@jest/globals';
import { auditAnchors, type AnchorFacts } from '../src/checks/audit-anchors.js';

const CHAIN = 'eip155:84532';
const TSA = 'tsa:test';
const row = (number: number, network: string) => ({
  id: `anchor-${number}-${network}`,
  network,
  commitment: String(number).repeat(64),
});
const rows = [1, 2].flatMap((number) => [row(number, CHAIN), row(number, TSA)]);
const sound: AnchorFacts = { final: rows, told: rows };
const failing = (facts: AnchorFacts, networks: readonly string[] = [CHAIN, TSA]) =>
  auditAnchors(facts, networks).filter(({ holds }) => !holds);

describe('the audit of anchors', () => {
  it('finds nothing in a sound run, whatever networks it has', () => {
    expect(failing(sound)).toEqual([]);
    const onChain = rows.filter(({ network }) => network === CHAIN);
    expect(failing({ final: onChain, told: onChain }, [CHAIN])).toEqual([]);
  });

  it.each<[string, AnchorFacts, string]>([
    [
      'a checkpoint anchored twice on a network',
      {
        final: [...rows, { ...row(1, TSA), id: 'again' }],
        told: [...rows, { ...row(1, TSA), id: 'again' }],
      },
      'no checkpoint is anchored twice',
    ],
    [
      'a network without an anchor',
      {
        final: rows.filter(({ network }) => network !== TSA),
        told: rows.filter(({ network }) => network !== TSA),
      },
      'no checkpoint is anchored twice',
    ],
    ['an anchor that is none', { final: rows.slice(1), told: rows }, 'what is told to be anchored'],
    ['an anchor that nobody was told of', { final: rows, told: rows.slice(1) }, 'what is told'],
    [
      'an anchor of another commitment',
      { final: rows, told: [{ ...row(1, CHAIN), commitment: 'f'.repeat(64) }, ...rows.slice(1)] },
      'what is told',
    ],
  ])('finds %s', (_name, facts, name) => {
    expect(failing(facts).map((check) => check.name)).toEqual([expect.stringContaining(name)]);
  });
});
