import { describe, expect, it } from '@jest/globals';
import { sampleModels } from '../../../test/support/sample-models.js';
import type { Model } from '../model/model.js';
import { ProveOutput, type ProveOutputParts } from './prove-output.js';

const ID = 'digits-int';

/** What is said about the proof of an answer of a model whose whole numbers agree with its floats on a share of the samples. */
async function offered(agreement: number | undefined, agreementMin: number) {
  const sample = (await sampleModels()).get(ID) as Model & { circuit: NonNullable<Model['circuit']> };
  const { deviation, ...circuit } = sample.circuit;
  const stated = agreement === undefined ? {} : { deviation: { ...deviation, agreement } };
  const model = { ...sample, circuit: { ...circuit, ...stated } } as Model;
  const parts = {
    catalogue: { ofVersion: () => model },
    prover: { isThere: true, expectedMs: () => 1_000, prove: () => Promise.reject(new Error('Not asked.')) },
    proofs: {
      findOutput: () =>
        Promise.resolve({ state: 'settled', modelId: ID, tensors: { inputs: [], outputs: [] } }),
      findProved: () => Promise.resolve(undefined),
    },
    agreementMin,
  } as unknown as ProveOutputParts;
  const proofs = new ProveOutput(parts);
  return { offer: await proofs.offer('an answer'), quote: proofs.quote(model) };
}

describe('a proof of a model in whole numbers', () => {
  it.each([
    [0.95, 0.95],
    [1, 0.95],
    [undefined, 0],
    [0, 0],
  ])('is offered with an agreement of %s from %s on', async (agreement, least) => {
    const { offer, quote } = await offered(agreement, least);
    expect(offer.status).toBe('offered');
    expect(quote).toMatchObject({ expectedMs: 1_000 });
  });

  it.each([
    [0.949, 0.95, 'agree with the floats of its file on a share of 0.949 of the samples'],
    [0, 0.01, 'on a share of 0 of'],
    [undefined, 0.01, 'Nothing says how far the whole numbers of digits-int are'],
  ])('is not with an agreement of %s below %s, and the reason is told', async (agreement, least, reason) => {
    const { offer, quote } = await offered(agreement, least);
    expect(offer).toEqual({ status: 'not-offered', reason: expect.stringContaining(reason) });
    expect(quote).toBeUndefined();
  });
});
