import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ZkProof } from '@touchstone/contracts/circuit';
import { fixture } from '../../test/fixture.js';
import { statementRefusal, type OutputBundle } from '../index.js';

let bundle: OutputBundle & { zk: ZkProof };
beforeAll(async () => {
  bundle = (await fixture({ proven: 'single-party' })).bundle as typeof bundle;
});

const withSignals = (publicSignals: string[]): ZkProof => ({ ...bundle.zk, publicSignals });

describe('the statement of a proof', () => {
  it('fits the output that it is about, whether or not the proof is true', () => {
    expect(statementRefusal(bundle.zk, bundle)).toBeUndefined();
    const proof = { ...bundle.zk.proof, pi_a: bundle.zk.proof.pi_c };
    expect(statementRefusal({ ...bundle.zk, proof } as ZkProof, bundle)).toBeUndefined();
  });

  it.each<[string, () => string | undefined]>([
    ['signal-count', () => statementRefusal(withSignals(bundle.zk.publicSignals.slice(1)), bundle)],
    [
      'signal-not-canonical',
      () => statementRefusal(withSignals(bundle.zk.publicSignals.with(0, 'x')), bundle),
    ],
    [
      'signal-out-of-range',
      () => statementRefusal(withSignals(bundle.zk.publicSignals.with(0, '256')), bundle),
    ],
    ['zk-inputs-mismatch', () => statementRefusal(withSignals(bundle.zk.publicSignals.with(0, '7')), bundle)],
    [
      'zk-outputs-mismatch',
      () => statementRefusal(withSignals(bundle.zk.publicSignals.with(5, '7')), bundle),
    ],
    ['zk-bind-mismatch', () => statementRefusal(withSignals(bundle.zk.publicSignals.with(6, '7')), bundle)],
    [
      'zk-model-mismatch',
      () =>
        statementRefusal(
          { ...bundle.zk, descriptor: { ...bundle.zk.descriptor, modelHash: '00'.repeat(32) } },
          bundle,
        ),
    ],
  ])('is refused as %s', (code, refusal) => {
    expect(refusal()?.split(':')[0]).toBe(code);
  });

  it('of another output of the same model does not fit', async () => {
    const other = await fixture({ proven: 'single-party', output: 1 });
    expect(statementRefusal(bundle.zk, other.bundle)).toMatch(/^zk-bind-mismatch/);
  });
});
