import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  BATCH_LEAVES_MAX,
  DER_BYTES_MAX,
  PATH_HASHES_MAX,
  TOKEN_ATTACHMENTS_MAX,
} from '@touchstone/contracts';
import { fixture, NOW_MS } from '../test/fixture.js';
import {
  ANCHORS_MAX,
  batchEntry,
  EVIDENCE_BYTES_MAX,
  outputBundle,
  BLOCK_UNCERTAINTY_MS,
  LOG_ENTRY_BYTES_MAX,
  LOG_PROOFS_MAX,
  parseBatchEntry,
  readTrustFile,
  TRUST_BYTES_MAX,
  TSA_ROOTS_MAX,
  verifyEvidence,
  type OutputBundle,
  type TrustFile,
} from './index.js';

let bundle: OutputBundle;
let trust: TrustFile;

beforeAll(async () => {
  ({ bundle, trust } = await fixture());
});

const gateOf = (text: string): string | undefined =>
  verifyEvidence(text, { trust, nowMs: NOW_MS }).steps.find(({ name }) => name === 'gate')?.status;
const gateOfChanged = (change: Partial<OutputBundle>): string | undefined =>
  gateOf(JSON.stringify({ ...bundle, ...change }));
const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);

describe('the limits of a bundle', () => {
  it('EVIDENCE_BYTES_MAX bytes of text are read and one more is refused', () => {
    const text = JSON.stringify(bundle);
    const padded = (size: number): string => text.padEnd(size - (Buffer.byteLength(text) - text.length));
    expect(gateOf(padded(EVIDENCE_BYTES_MAX))).toBe('pass');
    expect(gateOf(padded(EVIDENCE_BYTES_MAX + 1))).toBe('fail');
  });

  it('LOG_PROOFS_MAX log proofs and ANCHORS_MAX anchors are verified and one more is refused', () => {
    const [logProof] = bundle.logProofs as [OutputBundle['logProofs'][number]];
    const [anchor] = bundle.anchors as [OutputBundle['anchors'][number]];
    const full = {
      ...bundle,
      logProofs: times(LOG_PROOFS_MAX, logProof),
      anchors: times(ANCHORS_MAX, { ...anchor, logProof: LOG_PROOFS_MAX - 1 }),
    };
    expect(verifyEvidence(JSON.stringify(full), { trust, nowMs: NOW_MS }).label).toBe('L2');
    expect(gateOfChanged({ logProofs: times(LOG_PROOFS_MAX + 1, logProof) })).toBe('fail');
    expect(gateOfChanged({ anchors: times(ANCHORS_MAX + 1, anchor) })).toBe('fail');
    expect(gateOfChanged({ anchors: [{ ...anchor, logProof: LOG_PROOFS_MAX }] })).toBe('fail');
  });

  it('PATH_HASHES_MAX hashes of a path pass the gate and one more does not', () => {
    const hash = '00'.repeat(32);
    const [logProof] = bundle.logProofs as [OutputBundle['logProofs'][number]];
    for (const [count, status] of [
      [PATH_HASHES_MAX, 'pass'],
      [PATH_HASHES_MAX + 1, 'fail'],
    ] as const) {
      const path = times(count, { hash, pos: 'L' as const });
      expect(gateOfChanged({ inclusion: { ...bundle.inclusion, path } })).toBe(status);
      expect(gateOfChanged({ logProofs: [{ ...logProof, path: times(count, hash) }] })).toBe(status);
    }
  });

  it('LOG_ENTRY_BYTES_MAX bytes of an entry pass the gate and one more does not', () => {
    expect(gateOfChanged({ entry: 'x'.repeat(LOG_ENTRY_BYTES_MAX) })).toBe('pass');
    expect(gateOfChanged({ entry: 'x'.repeat(LOG_ENTRY_BYTES_MAX + 1) })).toBe('fail');
    const refusal = (size: number): string => {
      const parsed = parseBatchEntry(bundle.entry.padEnd(size));
      return parsed.ok ? 'read' : parsed.detail;
    };
    expect(refusal(LOG_ENTRY_BYTES_MAX)).toBe('the text is not in canonical form');
    expect(refusal(LOG_ENTRY_BYTES_MAX + 1)).toContain(`exceeds ${LOG_ENTRY_BYTES_MAX} bytes`);
  });

  it('DER_BYTES_MAX bytes of a token and TOKEN_ATTACHMENTS_MAX of what belongs to it pass the gate and one more does not', () => {
    const [{ commitment }] = bundle.anchors as [OutputBundle['anchors'][number]];
    const gateOfToken = (bytes: number, certificates: number, revocation: number): string | undefined => {
      const der = Buffer.alloc(bytes).toString('base64');
      const proof = {
        token: der,
        certificates: times(certificates, 'MAA='),
        revocation: times(revocation, 'MAA='),
      };
      const network = 'tsa:example';
      return gateOfChanged({
        anchors: [{ kind: 'rfc3161', network, logProof: 0, commitment, proof, level: 'finalized' }],
      });
    };
    expect(gateOfToken(DER_BYTES_MAX, TOKEN_ATTACHMENTS_MAX, 0)).toBe('pass');
    expect(gateOfToken(DER_BYTES_MAX + 1, 0, 0)).toBe('fail');
    expect(gateOfToken(1, 0, TOKEN_ATTACHMENTS_MAX)).toBe('pass');
    expect(gateOfToken(1, TOKEN_ATTACHMENTS_MAX + 1, 0)).toBe('fail');
    expect(gateOfToken(1, 1, TOKEN_ATTACHMENTS_MAX)).toBe('fail');
  });

  it('BATCH_LEAVES_MAX leaves stand in an entry and one more does not', () => {
    const entry = JSON.parse(bundle.entry) as object;
    expect(batchEntry.safeParse({ ...entry, leafCount: BATCH_LEAVES_MAX }).success).toBe(true);
    expect(batchEntry.safeParse({ ...entry, leafCount: BATCH_LEAVES_MAX + 1 }).success).toBe(false);
  });

  it('a bundle is a valid value of its own schema', () => {
    expect(outputBundle.parse(bundle)).toEqual(bundle);
  });
});

describe('the limits of trust', () => {
  it('TRUST_BYTES_MAX bytes of a trust file are read and one more is refused', () => {
    const text = JSON.stringify(trust);
    expect(readTrustFile(text.padEnd(TRUST_BYTES_MAX))).toEqual(trust);
    expect(() => readTrustFile(text.padEnd(TRUST_BYTES_MAX + 1))).toThrow(`exceeds ${TRUST_BYTES_MAX} bytes`);
  });

  it('TSA_ROOTS_MAX roots of an authority are read and one more is refused', () => {
    const { tokens } = JSON.parse(
      readFileSync(new URL('../../chain-proofs/vectors/time-stamp-tokens.json', import.meta.url), 'utf8'),
    ) as { tokens: { ecdsa: { root: string } } };
    const withRoots = (count: number): TrustFile => ({
      ...trust,
      tsas: [
        { network: 'tsa:example', test: false, roots: times(count, tokens.ecdsa.root), policies: ['1.2.3'] },
      ],
    });
    expect(readTrustFile(JSON.stringify(withRoots(TSA_ROOTS_MAX)))).toEqual(withRoots(TSA_ROOTS_MAX));
    expect(() => readTrustFile(JSON.stringify(withRoots(TSA_ROOTS_MAX + 1)))).toThrow('/tsas/0/roots');
  });

  it('an anchor shows that the evidence existed BLOCK_UNCERTAINTY_MS after its block, not earlier', () => {
    const report = verifyEvidence(JSON.stringify(bundle), { trust, nowMs: NOW_MS });
    const blockMs = (bundle.subject.proof.timestamp + 60) * 1_000;
    expect(report.trustedTime?.at).toBe(new Date(blockMs + BLOCK_UNCERTAINTY_MS).toISOString());
    const [key] = trust.keys as [TrustFile['keys'][number]];
    const compromised = (ms: number): TrustFile['keys'][number] => ({
      ...key,
      status: 'revoked',
      revoked_at: '2026-06-01T11:59:00Z',
      compromised_since: new Date(ms).toISOString(),
    });
    const labelFor = (ms: number): string =>
      verifyEvidence(JSON.stringify(bundle), { trust: { ...trust, keys: [compromised(ms)] }, nowMs: NOW_MS })
        .label;
    expect(labelFor(blockMs + BLOCK_UNCERTAINTY_MS)).toBe('L0');
    expect(labelFor(blockMs + BLOCK_UNCERTAINTY_MS + 1)).toBe('L2');
  });
});
