import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ExaminationModel, givenFile, PapError, PapHost } from '@touchstone/prover-adapter';
import { fakeProgram, fakeSample } from './support/fake-sample.js';

let folder: string;
let sample: ExaminationModel;

beforeAll(async () => {
  ({ folder, sample } = await fakeSample());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const failuresOf = async (lie: string): Promise<string[]> => {
  const { results } = await new PapHost().register(fakeProgram(lie), sample);
  return results.filter(({ passed }) => !passed).map(({ name }) => name);
};

describe('the registration of a program', () => {
  it('enables one that takes its proof and refuses all mutants', async () => {
    const host = new PapHost();
    const registered = await host.register(fakeProgram(), sample);
    expect(registered.results.filter(({ passed }) => !passed)).toEqual([]);
    expect(registered.isEnabled).toBe(true);
    expect(registered.results.map(({ name }) => name)).toEqual([
      'proves',
      'takes its own proof',
      'refuses a file of another digest',
      'refuses a model that it cannot prove',
      'refuses an output that is one more',
      'refuses an input that is one more',
      'refuses another model',
      'refuses a cut proof',
      'refuses a proof with a flipped bit',
      'refuses another request',
    ]);
  });

  it('asks one that carries no bind about every false statement but that', async () => {
    const { results, isEnabled } = await new PapHost().register(fakeProgram('carries-no-bind'), sample);
    expect(isEnabled).toBe(true);
    expect(results.map(({ name }) => name)).not.toContain('refuses another request');
    expect(results).toHaveLength(9);
  });

  it.each(['has-keys', 'honest'])('gives keys to a system that has them: %s', async (lie) => {
    const { onnx: key } = sample.model;
    const setUp = { vkDigest: 'ab'.repeat(32), provingKey: key, verificationKey: key };
    const { results } = await new PapHost().register(fakeProgram(lie), { ...sample, setUp });
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
  });

  it.each([
    ['ignores-outputs', ['refuses an output that is one more']],
    ['ignores-inputs', ['refuses an input that is one more']],
    ['ignores-model', ['refuses another model']],
    ['ignores-bind', ['refuses another request']],
    ['ignores-half', ['refuses a cut proof', 'refuses a proof with a flipped bit']],
    ['ignores-tail', ['refuses a cut proof', 'refuses a proof with a flipped bit']],
    ['refuses-all', ['takes its own proof']],
    ['crashes', ['proves']],
    ['adds-members', ['proves']],
  ])('does not enable one that %s', async (lie, failures) => {
    expect(await failuresOf(lie)).toEqual(failures);
  });

  it.each(['takes-all', 'old-challenge', 'other-statement'])(
    'finds one that says %s at every step',
    async (lie) => {
      expect((await failuresOf(lie)).length).toBeGreaterThanOrEqual(5);
    },
  );

  it('takes the word of a program away when it is examined anew and fails', async () => {
    const host = new PapHost();
    await host.register(fakeProgram(), sample);
    expect(host.state('fake')?.isEnabled).toBe(true);
    await host.register(fakeProgram('ignores-outputs'), sample);
    expect(host.state('fake')?.isEnabled).toBe(false);
    await expect(host.compile('fake', { model: sample.model })).rejects.toMatchObject({
      problem: 'program-disabled',
    });
  });
});

describe('a host', () => {
  it('proves nothing without a program', async () => {
    const call = new PapHost().compile('absent', { model: sample.model });
    await expect(call).rejects.toThrow(PapError);
    await expect(call).rejects.toMatchObject({ problem: 'program-disabled' });
  });

  it('has a program prove and another process of it judge', async () => {
    const host = new PapHost();
    await host.register(fakeProgram(), sample);
    const { programDigest } = await host.compile('fake', { model: sample.model });
    const proofPath = join(folder, 'proof');
    const asked = { model: sample.model, programDigest, inputs: [...sample.inputs], bind: 'ab'.repeat(31) };
    const { outputs } = await host.prove('fake', { ...asked, proofPath });
    expect(outputs).toEqual([{ name: 'y', datatype: 'INT32', shape: [1], values: [21] }]);
    const proof = await givenFile(proofPath);
    expect(await host.verify('fake', { ...asked, outputs, proof })).toEqual({ valid: true });
    const other = { ...asked, bind: 'cd'.repeat(31), outputs, proof };
    expect(await host.verify('fake', other)).toEqual({ valid: false, reason: 'refused' });
  });
});
