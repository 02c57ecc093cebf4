import { describe, expect, it } from '@jest/globals';
import { AppError, type Heartbeat } from '@touchstone/contracts';
import { RUNTIME_MEMBERS_MAX } from '@touchstone/contracts';
import { toReport } from './heartbeat-report.js';

const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const origin = { reporter: 'http', remoteAddress: '192.0.2.7' };
const message: Heartbeat = {
  node_id: 'node-1',
  health: 'YELLOW',
  ts_utc: '2026-01-02T03:04:06.5Z',
  attestation: {
    schema: 'attestation_v1',
    build_id: 'build-1',
    capability_hash: 'ab'.repeat(32),
    runtime: { os: 'linux' },
  },
};

function findings(change: Partial<NonNullable<Heartbeat['attestation']>>, ts_utc = message.ts_utc): string[] {
  const attestation = { ...(message.attestation as NonNullable<Heartbeat['attestation']>), ...change };
  try {
    toReport({ ...message, attestation, ts_utc }, origin, NOW_MS);
    return [];
  } catch (error) {
    expect(error).toMatchObject({ code: 'validation-failed' });
    return (error as AppError).details.map(({ pointer }) => pointer);
  }
}

describe('toReport', () => {
  it('reads a heartbeat, with the skew of its clock', () => {
    expect(toReport(message, origin, NOW_MS)).toEqual({
      nodeId: 'node-1',
      health: 'YELLOW',
      tsUtc: '2026-01-02T03:04:06.500Z',
      receivedAtMs: NOW_MS,
      clockSkewMs: 1_500,
      attestation: { buildId: 'build-1', capabilityHash: 'ab'.repeat(32), runtime: { os: 'linux' } },
      reporter: 'http',
      remoteAddress: '192.0.2.7',
    });
  });

  it.each([
    '2026-01-02T03:04:06.500000000Z',
    '2026-01-02t03:04:06.5009999z',
    '2026-01-02T03:04:06.500123',
    '2026-01-02T04:34:06.5+01:30',
    '2026-01-01T19:04:06.5-08:00',
  ])('keeps and compares the stated time %s in UTC with milliseconds', (ts_utc) => {
    expect(toReport({ ...message, ts_utc }, origin, NOW_MS)).toEqual(toReport(message, origin, NOW_MS));
  });

  it('reads one without attestation', () => {
    const { attestation: _attestation, ...bare } = message;
    expect(toReport(bare, origin, NOW_MS).attestation).toBeNull();
  });

  it.each(['\u0000', '\n', '\u001b', '\u007f', '\u009b', '\ud800', '\udc00'])(
    'refuses the character %j in build and runtime',
    (character) => {
      expect(findings({ build_id: `a${character}b` })).toEqual(['/attestation/build_id']);
      expect(findings({ runtime: { [`a${character}`]: 'x' } })).toEqual(['/attestation/runtime']);
      expect(findings({ runtime: { os: character } })).toEqual(['/attestation/runtime']);
    },
  );

  it.each(['\u00e9', '\u{1f600}', ' ', '\u00a0'])('takes the character %j', (character) => {
    expect(findings({ build_id: character, runtime: { [character]: character } })).toEqual([]);
  });

  it('names every place at once', () => {
    const runtime = Object.fromEntries(
      Array.from({ length: RUNTIME_MEMBERS_MAX + 1 }, (_, i) => [`${i}`, '']),
    );
    expect(findings({ build_id: '\u0000', runtime }, '2026-02-30T00:00:00Z')).toEqual([
      '/ts_utc',
      '/attestation/build_id',
      '/attestation/runtime',
    ]);
  });
});
