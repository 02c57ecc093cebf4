import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { PapError, type ExaminationModel, type PapHost } from '@touchstone/prover-adapter';
import { encodeTensor } from '@touchstone/evidence';
import { runIntegerModel } from '@touchstone/integer-model';
import { modelsFolder, sampleModels } from '../../../test/support/sample-models.js';
import type { Model, ProvableCircuit } from '../../domain/model/model.js';
import type { ProvingJob } from '../../domain/proving/prover.js';
import { ProgramProver } from './program-prover.js';

const model = (await sampleModels()).get('digits-int') as Model & { circuit: ProvableCircuit };
const { descriptor, model: network } = model.circuit;
const point = JSON.parse(readFileSync(join(modelsFolder, 'digits-int', 'verification-key.json'), 'utf8')) as {
  vk_alpha_1: [string, string];
  vk_beta_2: unknown;
};
const proof = JSON.stringify({
  pi_a: point.vk_alpha_1.slice(0, 2),
  pi_b: (point.vk_beta_2 as unknown[]).slice(0, 2),
  pi_c: point.vk_alpha_1.slice(0, 2),
});

const pixels = Array<number>(64).fill(0);
const logits = Array.from(runIntegerModel(network, [pixels]).outputs[0] as Int32Array);
function jobWith(outputs: readonly number[]): ProvingJob {
  const tensor = (name: string, datatype: 'UINT8' | 'INT32', data: readonly number[]) => {
    const encoded = encodeTensor({ name, datatype, shape: [1, data.length], data: [...data] });
    if (!encoded.ok) throw new Error(encoded.error.detail);
    return encoded.value;
  };
  return {
    ...{ model, bind: 7n },
    inputs: [tensor('pixels', 'UINT8', pixels)],
    outputs: [tensor('logits', 'INT32', outputs)],
  };
}
const job = jobWith(logits);

/** A host whose program ends when it is told to. */
class HeldHost {
  readonly ends: (() => void)[] = [];
  compiled = 0;
  enabled = true;
  answer = logits;
  held = true;
  fails: PapError | undefined;

  register = async () => ({
    isEnabled: this.enabled,
    results: [{ name: 'refuses an input that is one more', passed: this.enabled, detail: 'It takes it.' }],
  });
  state = () => ({ isEnabled: this.enabled });
  system = { id: 'groth16/bn254', carriesBind: true };
  describe = async () => ({ systems: [this.system] });
  compile = async () => {
    this.compiled += 1;
    return { programDigest: '00'.repeat(32) };
  };
  prove: PapHost['prove'] = async (_name, { proofPath }, signal) => {
    if (this.fails) throw this.fails;
    if (signal?.aborted) throw new PapError('aborted', 'called off');
    if (this.held)
      await new Promise<void>((resolve, reject) => {
        this.ends.push(resolve);
        signal?.addEventListener('abort', () => reject(new PapError('aborted', 'called off')));
      });
    writeFileSync(proofPath, proof);
    const outputs = descriptor.outputs.map(({ name, datatype, shape }) => ({
      ...{ name, datatype, shape },
      values: [...this.answer],
    }));
    return {
      ...({ protocol: 'pap/1', outputs, prover: 'fake', milliseconds: 1 } as const),
      ...{ programDigest: '00'.repeat(32), proofSha256: '00'.repeat(32) },
    };
  };
}

const QUEUE_MAX = 2;
let host: HeldHost;
let prover: ProgramProver;
const start = (timeoutMs = 60_000) => {
  host = new HeldHost();
  prover = new ProgramProver({
    host: host as unknown as PapHost,
    program: { name: 'fake', command: '/fake', deadlineMs: timeoutMs },
    sample: () => Promise.resolve({} as ExaminationModel),
    ...{ timeoutMs, queueMax: QUEUE_MAX, calibrateWith: () => model },
  });
};
afterEach(() => prover.close());

describe('a prover that is a program', () => {
  it('makes one proof at a time, lets TOUCHSTONE_PROOF_QUEUE_MAX wait, and refuses one more', async () => {
    start();
    const asked = Array.from({ length: 1 + QUEUE_MAX }, () => prover.prove(job));
    await expect(prover.prove(job)).rejects.toMatchObject({ code: 'queue-full' });
    expect(prover.queued).toBe(1 + QUEUE_MAX);
    for (let ended = 0; ended < asked.length; ended += 1) {
      while (host.ends.length <= ended) await new Promise((resolve) => setTimeout(resolve, 1));
      expect(host.ends).toHaveLength(ended + 1);
      host.ends[ended]?.();
    }
    const [made] = await Promise.all(asked);
    expect(made).toMatchObject({ name: 'fake', milliseconds: 1 });
    expect(made?.zk.publicSignals).toHaveLength(75);
    expect(made?.zk.publicSignals.at(-1)).toBe('7');
    expect(prover.queued).toBe(0);
    // The model is compiled once.
    expect(host.compiled).toBe(1);
  });

  it('ends a proof when its time is over, that of waiting included', async () => {
    start(150);
    const both = await Promise.allSettled([prover.prove(job), prover.prove(job)]);
    for (const result of both) expect(result).toMatchObject({ reason: { code: 'timeout' } });
  });

  it('refuses a proof of other outputs than the signed ones, and one that is none', async () => {
    start();
    host.held = false;
    const changed = [(logits[0] as number) + 1, ...logits.slice(1)];
    await expect(prover.prove(jobWith(changed))).rejects.toMatchObject({ code: 'not-provable' });
    host.fails = new PapError('program-failed', 'It crashed.', 5);
    await expect(prover.prove(job)).rejects.toMatchObject({
      code: 'dependency-unavailable',
      cause: host.fails,
    });
    const { keys: _keys, ...circuit } = model.circuit;
    await expect(prover.prove({ ...job, model: { ...model, circuit } })).rejects.toMatchObject({
      code: 'not-provable',
    });
  });

  it.each([
    { id: 'halo2-kzg/bn254', carriesBind: true },
    { id: 'groth16/bn254', carriesBind: false },
  ])('sells no proofs of $id whose carrying of the request is $carriesBind', async (system) => {
    start();
    host.held = false;
    host.system = system;
    await expect(prover.examine()).rejects.toThrow('they are not sold');
    expect(prover.isEnabled).toBe(false);
    host.system = { id: 'groth16/bn254', carriesBind: true };
    await prover.examine();
    expect(prover.isEnabled).toBe(true);
  });

  it('offers nothing before it is examined and measured, and nothing once it failed', async () => {
    start();
    host.held = false;
    expect(prover.expectedMs(model)).toBeUndefined();
    await prover.examine();
    expect(prover.expectedMs(model)).toBeGreaterThan(0);
    const larger = { ...descriptor, constraints: descriptor.constraints * 100 };
    const expected = prover.expectedMs(model) as number;
    expect(
      prover.expectedMs({ ...model, circuit: { ...model.circuit, descriptor: larger } }),
    ).toBeGreaterThan(expected * 50);
    host.enabled = false;
    await expect(prover.examine()).rejects.toThrow('refuses an input that is one more: It takes it.');
    expect(prover.isEnabled).toBe(false);
    expect(prover.expectedMs(model)).toBeUndefined();
  });

  it('takes nothing new once it is closed', async () => {
    start();
    const asked = prover.prove(job);
    prover.close();
    await expect(asked).rejects.toMatchObject({ code: 'dependency-unavailable' });
    await expect(prover.prove(job)).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });
});
