import { describe, expect, it } from '@jest/globals';
import { eventFixture, TENANT } from '../../test/event-fixture.js';
import { fixture, NOW_MS } from '../../test/fixture.js';
import { explainReport, stepMeaning, stepNames, subjectKinds, verifyEvidence } from '../index.js';

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

  it('says what it is about', async () => {
    const { bundle, trust } = await fixture();
    const said = (value: unknown): string =>
      explainReport(verifyEvidence(JSON.stringify(value), { trust, nowMs: NOW_MS }));
    expect(said(bundle)).toContain(
      `about an output of model version ${bundle.subject.proof.modelVersionId}, key output-1\n`,
    );
    const event = await eventFixture({ format: 'event-batch-v1', tenant: TENANT });
    const about = `of tenant ${TENANT}, signed as event-batch-v1 at 2026-06-01T11:00:00Z, key batch-1\n`;
    expect(said(event.bundle)).toContain(`about event "e" ${about}`);
    const named = (id: unknown, entry = event.bundle.entry) =>
      said({ ...event.bundle, entry, subject: { kind: 'event', event: { id } } });
    expect(named('e" of tenant x\nVALID  label L2\u202e')).toContain(
      `about event "e\\" of tenant x\\nVALID  label L2\\u202e" ${about}`,
    );
    expect(named(7)).toContain(`about an event without an id ${about}`);
    expect(named('e', '{}')).toContain('about event "e" of no tenant, ');
    expect(named('e', bundle.entry)).toContain('about event "e" of no tenant, ');
    expect(said({})).not.toContain('about');
  });

  it('has a meaning for every step', () => {
    for (const kind of subjectKinds)
      for (const name of stepNames) expect(stepMeaning(name, kind)).toMatch(/\.$/);
    expect(stepMeaning('inclusion', 'event')).toBe('The event is a leaf of the batch that was signed.');
  });
});
