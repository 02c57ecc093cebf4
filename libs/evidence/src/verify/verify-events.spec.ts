import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  EVENT_BYTES_MAX,
  EVENT_DEPTH_MAX,
  EVENT_ID_BYTES_MAX,
  eventBatchFormats,
  type EventBatchFormat,
} from '@touchstone/event-batch';
import { NOTE_BYTES_MAX } from '@touchstone/merkle';
import { eventFixture, eventKey, eventOf, TENANT } from '../../test/event-fixture.js';
import { fixture, NOW_MS } from '../../test/fixture.js';
import {
  bundleText,
  evidenceBundle,
  isEventBundle,
  verifyEvidence,
  type EventBundle,
  type TrustFile,
  type VerificationReport,
} from '../index.js';

const report = (bundle: unknown, trust?: TrustFile, strict = false): VerificationReport =>
  verifyEvidence(JSON.stringify(bundle), { ...(trust ? { trust } : {}), nowMs: NOW_MS, strict });

const statusOf = ({ steps }: VerificationReport, name: string): string | undefined =>
  steps.find((step) => step.name === name)?.status;

const detailOf = ({ steps }: VerificationReport, name: string): string | undefined =>
  steps.find((step) => step.name === name)?.detail;

describe.each(eventBatchFormats)('evidence of an event of %s', (format: EventBatchFormat) => {
  let bundle: EventBundle;
  let trust: TrustFile;

  beforeAll(async () => {
    ({ bundle, trust } = await eventFixture({ format }));
  });

  it('is about that event, and says so whether it is proven or not', () => {
    const about = {
      kind: 'event',
      eventId: 'e',
      format,
      batchTs: format === 'event-batch-v1' ? '2026-06-01T11:00:00Z' : '2026-06-01T11:00:00.000Z',
      keyId: 'batch-1',
      tenant: TENANT,
    };
    expect(report(bundle, trust)).toMatchObject({ result: 'VALID', label: 'L2', subject: about });
    expect(report(bundle)).toMatchObject({ result: 'VALID', label: 'L0', subject: about });
    expect(report({ ...bundle, entry: '{}' }, trust)).toMatchObject({
      result: 'INVALID',
      subject: { ...about, tenant: null },
    });
    expect(report({ ...bundle, subject: { kind: 'event', event: {} } }, trust)).toMatchObject({
      result: 'INVALID',
      subject: { ...about, eventId: null },
    });
  });

  it('has its key’s status judged, also by whoever did not read the trust file strictly', () => {
    const contradicting = { ...trust, keys: [{ ...eventKey, status: 'retired' as const }] };
    const judged = report(bundle, contradicting);
    expect(judged.result).toBe('INVALID');
    for (const step of ['signature', 'key-state']) expect(detailOf(judged, step)).toMatch(/^key-status: /);
    const es256k = report(bundle, { ...trust, keys: [{ ...eventKey, alg: 'ES256K' }] });
    expect(detailOf(es256k, 'key')).toMatch(/^other-use: /);
  });

  it('rests on the time of its batch where no other is trusted', () => {
    const alone = report(bundle, { ...trust, independent: [] });
    expect(alone).toMatchObject({ label: 'L2', remarks: ['declared-time-only'] });
    expect(alone.steps.find(({ name }) => name === 'key-state')?.actual).toBe(bundle.batch.batchTs);
  });

  it('may hold a false part, which --strict refuses', () => {
    const [proof] = bundle.logProofs as [EventBundle['logProofs'][number]];
    const anchor = { ...bundle.anchors[0], network: 'eip155:1' };
    const chains = [
      ...trust.chains,
      { ...trust.chains[0], network: 'eip155:1', contract: `0x${'00'.repeat(20)}` },
    ];
    const more = { ...bundle, logProofs: [proof], anchors: [...bundle.anchors, anchor] };
    const wider = { ...trust, chains } as TrustFile;
    expect(report(more, wider)).toMatchObject({ label: 'L2', remarks: ['contains-false-part'] });
    expect(report(more, wider, true)).toMatchObject({ result: 'INVALID', label: 'L0' });
  });

  it('shows an event of EVENT_BYTES_MAX canonical bytes and of none more', async () => {
    const ofBytes = (bytes: number) => ({ id: 'a', x: 'x'.repeat(bytes - '{"id":"a","x":""}'.length) });
    const longest = await eventFixture({ format, events: [ofBytes(EVENT_BYTES_MAX)], leafIndex: 0 });
    expect(report(longest.bundle, longest.trust).label).toBe('L2');
    const subject = { kind: 'event', event: ofBytes(EVENT_BYTES_MAX + 1) };
    expect(detailOf(report({ ...bundle, subject }), 'inclusion')).toMatch(/^too-large: /);
  });

  it('shows an id of EVENT_ID_BYTES_MAX bytes and of none more', async () => {
    const id = 'é'.repeat(EVENT_ID_BYTES_MAX / 2);
    const longest = await eventFixture({ format, events: [eventOf(id)], leafIndex: 0 });
    expect(report(longest.bundle, longest.trust)).toMatchObject({ label: 'L2', subject: { eventId: id } });
    const subject = { kind: 'event', event: eventOf(`${id}x`) };
    expect(detailOf(report({ ...bundle, subject }), 'inclusion')).toMatch(/^event-id: /);
  });

  it('shows an event that is nested EVENT_DEPTH_MAX levels and none that is nested deeper', async () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
    const ofDepth = (levels: number) =>
      ({ ...eventOf('a'), x: nested(levels - 1) }) as ReturnType<typeof eventOf>;
    const deepest = await eventFixture({ format, events: [ofDepth(EVENT_DEPTH_MAX)], leafIndex: 0 });
    expect(report(deepest.bundle, deepest.trust).label).toBe('L2');
    const subject = { kind: 'event', event: ofDepth(EVENT_DEPTH_MAX + 1) };
    expect(statusOf(report({ ...bundle, subject }), 'gate')).toBe('fail');
  });
});

describe('the shape of a bundle', () => {
  it('is told by the kind of its subject, and neither is the other', async () => {
    const { bundle: output } = await fixture();
    const { bundle: event } = await eventFixture({ format: 'event-batch-v2' });
    expect([output, event].map(isEventBundle)).toEqual([false, true]);
    for (const bundle of [output, event]) expect(evidenceBundle.parse(bundle)).toEqual(bundle);
    const gateOf = (bundle: unknown): string | undefined => statusOf(report(bundle), 'gate');
    expect(gateOf({ ...output, subject: event.subject })).toBe('fail');
    expect(gateOf({ ...event, subject: output.subject })).toBe('fail');
    expect(gateOf({ ...event, subject: { ...event.subject, kind: 'relay' } })).toBe('fail');
    expect(gateOf({ ...event, batch: { ...event.batch, signature: '00'.repeat(64) } })).toBe('fail');
    for (const none of [null, 0, {}, { subject: null }, { subject: 0 }]) expect(gateOf(none)).toBe('fail');
  });

  it('has a note of NOTE_BYTES_MAX characters and no more', async () => {
    const { bundle } = await eventFixture({ format: 'event-batch-v2' });
    const withNote = (length: number) => ({
      ...bundle,
      batch: { ...bundle.batch, note: 'x'.repeat(length) },
    });
    expect(statusOf(report(withNote(NOTE_BYTES_MAX)), 'gate')).toBe('pass');
    expect(statusOf(report(withNote(NOTE_BYTES_MAX + 1)), 'gate')).toBe('fail');
    expect(statusOf(report(withNote(0)), 'gate')).toBe('fail');
  });

  it('keeps every member of an event, whatever its name', async () => {
    const event = JSON.parse('{"id":"a","__proto__":{"admin":true}}') as ReturnType<typeof eventOf>;
    const { bundle, trust } = await eventFixture({ format: 'event-batch-v1', events: [event], leafIndex: 0 });
    expect(bundleText(bundle)).toContain('"event":{"__proto__":{"admin":true},"id":"a"}');
    expect(verifyEvidence(bundleText(bundle), { trust, nowMs: NOW_MS }).label).toBe('L2');
    const without = bundleText(bundle).replace('"__proto__":{"admin":true},', '');
    expect(verifyEvidence(without, { trust, nowMs: NOW_MS }).result).toBe('INVALID');
  });
});
