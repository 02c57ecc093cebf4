import { describe, expect, it } from '@jest/globals';
import { whyClosed, type KnownLog } from './log-fence.js';
import type { DatabasePlace, LogRecord } from './ports.js';

const place: DatabasePlace = { systemIdentifier: '7400000000000000001', timeline: 1 };
const elsewhere: DatabasePlace = { ...place, systemIdentifier: '7400000000000000002' };
const later: DatabasePlace = { ...place, timeline: 2 };
const last = { size: 10n, root: new Uint8Array(32), note: '' };
const open = { place, isCopy: false, isClosed: false };
const record = (change: Partial<LogRecord> = {}): LogRecord => ({
  ...{ last, fence: open, present: place, isReplicated: false },
  ...change,
});
const known = (change: Partial<KnownLog> = {}): KnownLog => ({
  ...{ size: 10n, place, isReplicated: true },
  ...change,
});

describe('whyClosed', () => {
  it('is open where it was open last, for a process that just began and for one that knows the log', () => {
    expect(whyClosed(record(), undefined)).toBeUndefined();
    expect(whyClosed(record(), known())).toBeUndefined();
    expect(whyClosed(record(), known({ size: 9n, isReplicated: false }))).toBeUndefined();
  });

  it('is open for a log that has no fence: a new one, or one of an older version', () => {
    expect(whyClosed(record({ fence: undefined }), undefined)).toBeUndefined();
    expect(whyClosed(record({ fence: undefined, last: undefined }), undefined)).toBeUndefined();
  });

  it.each<[string, Partial<LogRecord>, RegExp]>([
    ['that an operator closed', { fence: { ...open, isClosed: true } }, /operator/],
    ['that a dump brought', { fence: { ...open, isCopy: true } }, /dump/],
    ['on another server', { present: elsewhere }, /another server/],
    ['on a timeline that began since', { present: later }, /timeline 1 to 2/],
    ['on a timeline that was left', { fence: { ...open, place: later }, present: place }, /timeline 2 to 1/],
    ['that forgot what was signed', { last: { ...last, size: 9n } }, /ends at size 9 and forgot size 10/],
    ['that forgot everything', { last: undefined }, /ends at size 0 and forgot size 10/],
  ])('is closed for a database %s', (_what, change, reason) => {
    const seen = change.last === undefined && !('last' in change) ? undefined : known();
    expect(whyClosed(record(change), seen)).toMatch(reason);
  });

  it('goes on after a failover where commits waited for the standby and the process was there before', () => {
    expect(whyClosed(record({ present: later }), known())).toBeUndefined();
    expect(whyClosed(record({ present: later }), known({ size: 8n }))).toBeUndefined();
  });

  it.each<[string, Partial<LogRecord>, KnownLog | undefined]>([
    ['commits did not wait', { present: later }, known({ isReplicated: false })],
    ['commits wait only since', { present: later, isReplicated: true }, known({ isReplicated: false })],
    ['the process began after it', { present: later, isReplicated: true }, undefined],
    ['the standby lacks what was signed', { present: later }, known({ size: 11n })],
    [
      'the process knows an older place alone',
      { present: { ...place, timeline: 3 }, fence: { ...open, place: later } },
      known(),
    ],
    ['the server is another one', { present: { ...elsewhere, timeline: 2 } }, known()],
    ['a dump was restored into it', { present: later, fence: { ...open, isCopy: true } }, known()],
  ])('is closed after a failover when %s', (_when, change, seen) => {
    expect(whyClosed(record(change), seen)).toBeDefined();
  });

  it('believes the fence more than a process that saw the log before it was reopened', () => {
    const reopened = record({
      fence: { ...open, place: later },
      present: later,
      last: { ...last, size: 9n },
    });
    expect(whyClosed(reopened, known({ size: 10n }))).toBeUndefined();
  });
});
