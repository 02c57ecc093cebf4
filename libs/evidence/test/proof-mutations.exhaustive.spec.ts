import { describe, expect, it } from '@jest/globals';
import { canonicalJson, parseStrictJson } from '@touchstone/canonical-json';
import { pythonWithVerifiers, verifyPairsIndependently, type IndependentReport } from '@touchstone/testing';
import { EVIDENCE_BYTES_MAX, prepareTrust, verifyEvidence } from '../src/index.js';
import { fixture, NOW_MS } from './fixture.js';
import { mutations, type Json, type Mutation } from './mutations.js';
import { ourVerdict, theirVerdict } from './verdict.js';

const NOW = '2026-06-01T12:00:00Z';
const TIMEOUT_MS = 600_000;
/** Of those that the circuit's digest does not show; each is a pairing in Python. */
const COMPARED = 60;
const python = pythonWithVerifiers();
const withPython = python === undefined ? it.skip : it;

const { bundle, trust } = await fixture({ proven: 'multi-party' });
const { bundle: other } = await fixture({ proven: 'multi-party', output: 1 });
const original = canonicalJson(bundle);

/** Every change of the proof and of what belongs to it that leaves another document. */
const changes: readonly Mutation[] = [...mutations(bundle as Json, other as Json)].filter(
  ({ pointer, text }) => {
    const parsed = parseStrictJson(text, { maxBytes: EVIDENCE_BYTES_MAX });
    return pointer.startsWith('/zk') && !(parsed.ok && canonicalJson(parsed.value) === original);
  },
);

describe('a proof of an execution that is changed', () => {
  it(
    'at any place in any way proves nothing, and takes nothing from what is not the proof',
    () => {
      const prepared = prepareTrust(trust);
      expect(verifyEvidence(JSON.stringify(bundle), { trust: prepared, nowMs: NOW_MS }).label).toBe('L6');
      expect(changes.length).toBeGreaterThan(1_000);
      for (const { pointer, kind, text } of changes) {
        const { result, label, steps } = verifyEvidence(text, { trust: prepared, nowMs: NOW_MS });
        const zk = steps.find(({ name }) => name === 'zk')?.status;
        // Where the gate refuses the text nothing else is looked at.
        const isRefused = result === 'INVALID' && label === 'L0' && zk === undefined;
        expect([pointer, kind, isRefused || (result === 'VALID' && label === 'L2' && zk !== 'pass')]).toEqual(
          [pointer, kind, true],
        );
      }
    },
    TIMEOUT_MS,
  );

  withPython(
    'is judged alike by the verifier that shares no code with ours',
    () => {
      const judged = changes.filter(({ pointer }) => /^\/zk\/(?:proof|publicSignals)/.test(pointer));
      const step = Math.ceil(judged.length / COMPARED);
      const compared = judged.filter((_, index) => index % step === 0);
      const cases = compared.map(({ text }) => ({ bundle: text, trust: JSON.stringify(trust) }));
      const theirs = verifyPairsIndependently(python as string, cases, NOW);
      const verdicts = compared.map(({ pointer, kind, text }, index) => ({
        ...{ pointer, kind },
        ours: ourVerdict(text, JSON.stringify(trust)),
        theirs: theirVerdict(theirs[index] as IndependentReport),
      }));
      for (const { pointer, kind, ours, theirs: said } of verdicts)
        expect([pointer, kind, said]).toEqual([pointer, kind, ours]);
    },
    TIMEOUT_MS,
  );
});
