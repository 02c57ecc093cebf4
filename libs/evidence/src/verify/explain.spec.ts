import { describe, expect, it } from '@jest/globals';
import { fixture, NOW_MS } from '../../test/fixture.js';
import { explainReport, stepMeaning, stepNames, verifyEvidence } from '../index.js';

describe('explainReport', () => {
  it('gives one line per step, the label and what each pass rests on', async () => {
    const { bundle, trust } = await fixture();
    const text = explainReport(verifyEvidence(JSON.stringify(bundle), { trust, nowMs: NOW_MS }));
    expect(text).toContain('VALID  label L2');
    expect(text).toContain('rests on trust file: key output-1');
    expect(text).toContain('anchor[0]');
  });

  it('says what failed with expected and actual', async () => {
    const { bundle, trust } = await fixture();
    const changed = { ...bundle, inclusion: { ...bundle.inclusion, rootHex: '00'.repeat(32) } };
    const text = explainReport(verifyEvidence(JSON.stringify(changed), { trust, nowMs: NOW_MS }));
    expect(text).toMatch(/FAIL {2}inclusion/);
    expect(text).toContain('expected root 00');
    expect(text).toContain('INVALID  label L0');
  });

  it('says that nothing was trusted, and reads an unreadable bundle', async () => {
    const { bundle } = await fixture({ anchored: false });
    expect(explainReport(verifyEvidence(JSON.stringify(bundle), { nowMs: NOW_MS }))).toContain(
      'no trust file',
    );
    expect(explainReport(verifyEvidence('{', { nowMs: NOW_MS }))).toContain('FAIL  gate');
  });

  it('has a meaning for every step', () => {
    for (const name of stepNames) expect(stepMeaning(name)).toMatch(/\.$/);
  });
});
