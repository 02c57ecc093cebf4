import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import type { ZkProof } from '@touchstone/contracts/circuit';
import { circuitDigest, type OutputBundle, type TrustFile } from '@touchstone/evidence';
import { BundleVerifier, VERIFY_SIGNALS_MAX } from './verify-bundle.js';

const { cases } = JSON.parse(
  readFileSync(
    fileURLToPath(new URL('../../../../../libs/evidence/vectors/evidence.json', import.meta.url)),
    'utf8',
  ),
) as { cases: { name: string; input: { bundle: OutputBundle & { zk: ZkProof }; trust: TrustFile } }[] };

const NOW_MS = Date.UTC(2026, 5, 1, 12);
const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** What is said of a proof with so many signals, by a caller's trust file that lists its circuit. */
async function zkStep(signals?: number) {
  const found = cases.find(({ name }) => name === 'L5');
  if (found === undefined) throw new Error('There is no vector L5.');
  const { bundle, trust } = found.input;
  const publicSignals = signals === undefined ? bundle.zk.publicSignals : Array<string>(signals).fill('0');
  const zk = { ...bundle.zk, publicSignals };
  const { modelVersionId } = bundle.subject.proof;
  const models = [...trust.models, { modelVersionId, vkDigest: circuitDigest(zk) }];
  const unused = undefined as never;
  const verifier = new BundleVerifier(unused, unused, () => NOW_MS);
  const claim = { bundle: text({ ...bundle, zk }), trust: text({ ...trust, models }), strict: false };
  const { label, steps } = await verifier.verify(claim);
  return { label, ...steps.find(({ name }) => name === 'zk') };
}

describe('a bundle with a proof that somebody brings', () => {
  it('is verified with it', async () => {
    expect(await zkStep()).toMatchObject({ label: 'L5', status: 'pass' });
  });

  it('has VERIFY_SIGNALS_MAX signals judged, and not one more', async () => {
    expect(await zkStep(VERIFY_SIGNALS_MAX)).toMatchObject({
      status: 'fail',
      detail: expect.stringMatching(/^signal-count/),
    });
    expect(await zkStep(VERIFY_SIGNALS_MAX + 1)).toMatchObject({
      label: 'L2',
      status: 'not-checked',
      detail: expect.stringContaining('verify on a machine of your own'),
    });
  });
});
