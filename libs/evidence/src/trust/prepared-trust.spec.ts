import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { NOW_MS } from '../../test/fixture.js';
import { prepareTrust, verifyEvidence, type PreparedTrust, type TrustFile } from '../index.js';

interface EvidenceVector {
  readonly name: string;
  readonly input: { readonly bundle: unknown; readonly trust: TrustFile | null };
}

const { cases } = JSON.parse(
  readFileSync(new URL('../../vectors/evidence.json', import.meta.url), 'utf8'),
) as { cases: readonly EvidenceVector[] };

const textOf = ({ input: { bundle } }: EvidenceVector): string =>
  typeof bundle === 'string' ? bundle : JSON.stringify(bundle);

describe('prepareTrust', () => {
  it('changes no report, whatever was verified with the same trust file before', () => {
    const prepared = new Map<string, PreparedTrust>();
    for (const vector of [...cases, ...cases.toReversed()]) {
      const { trust } = vector.input;
      if (!trust) continue;
      const name = JSON.stringify(trust);
      const known = prepared.get(name) ?? prepareTrust(trust);
      prepared.set(name, known);
      const report = verifyEvidence(textOf(vector), { trust: known, nowMs: NOW_MS });
      expect(report).toEqual(verifyEvidence(textOf(vector), { trust, nowMs: NOW_MS }));
    }
    expect(prepared.size).toBeGreaterThan(1);
    expect(prepared.size).toBeLessThan(cases.length);
  });

  it('looks up again what the trust file does not hold', () => {
    const trust = cases.find(({ name }) => name === 'L2')?.input.trust as TrustFile;
    const prepared = prepareTrust(trust);
    expect([prepared.key('unknown'), prepared.logs('unknown'), prepared.commitments('unknown')]).toEqual([
      undefined,
      [],
      [],
    ]);
    const [chain] = trust.chains;
    const [block] = chain?.blocks ?? [];
    if (!chain || !block) throw new Error('the vector has no block');
    expect(prepared.blockHashes(chain, '1')).toEqual([]);
    expect(prepared.blockHashes(chain, block.number)).toEqual([block.hash]);
    expect(prepared.blockHashes(chain, block.number)).toEqual([block.hash]);
  });
});
