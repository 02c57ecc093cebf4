import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { brokenConstraint } from '@touchstone/circuit';
import { tinyFile } from '../../test/support/tiny-job.js';
import { tinyModel, tinyOptions } from '../../test/support/tiny-model.js';
import { PrivateFolders } from '../adapters/files/private-folders.js';
import { compileProgram } from './compile-program.js';
import type { Groth16Prover, ProofVerifier, ProverName } from './groth16-prover.js';
import { ModelProver, PROVER_ANSWER_BYTES_MAX, type ProofJob } from './prove-model.js';
import { ProverError } from './prover-error.js';
import { TimeBudget } from './time-budget.js';
import { requireKey } from './two-verifiers.js';

const BIND = BigInt(`0x${'ab'.repeat(31)}`);
const program = compileProgram(tinyModel(), tinyOptions);
const key = requireKey(JSON.parse(await readFile(tinyFile('verification-key.json'), 'utf8')));
/** Of `200, 30 → 141` and the bind above, made once by snarkjs. */
const recorded = JSON.parse(await readFile(tinyFile('proof.json'), 'utf8')) as { pi_a: unknown[] };
const signals = ['200', '30', '141', BIND.toString()];
const job: ProofJob = { program, key, provingKey: '/unused.zkey', inputs: [[200, 30]], bind: BIND };

type Files = Parameters<Groth16Prover['prove']>[0];

/** A prover that writes what it is told. */
function fakeProver(
  name: ProverName,
  answer: { proof?: unknown; signals?: unknown; failure?: ProverError },
  seen: Files[] = [],
): Groth16Prover {
  const prove = async (files: Files) => {
    seen.push(files);
    if (answer.failure) throw answer.failure;
    if (answer.proof !== undefined) await writeFile(files.proof, text(answer.proof));
    if (answer.signals !== undefined) await writeFile(files.publicSignals, text(answer.signals));
  };
  return { name, prove } as Partial<Groth16Prover> as Groth16Prover;
}
const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const honest = (name: ProverName) => fakeProver(name, { proof: recorded, signals });
const verifier = (verdict: boolean): ProofVerifier => ({ verify: () => Promise.resolve(verdict) });

let below: string;
beforeEach(async () => {
  below = await mkdtemp(join(tmpdir(), 'touchstone-prove-'));
});
afterEach(() => rm(below, { recursive: true, force: true }));

function proverOf(provers: [Groth16Prover, ...Groth16Prover[]], verdict = true): ModelProver {
  return new ModelProver({ provers, secondVerifier: verifier(verdict), folders: new PrivateFolders(below) });
}
const prove = (prover: ModelProver, given = job) => prover.prove(given, new TimeBudget(20_000));

describe('a proof of a run', () => {
  it('has the outputs, the public signals and the prover', async () => {
    const done = await prove(proverOf([honest('snarkjs')]));
    expect(done).toMatchObject({ prover: 'snarkjs', result: { publicSignals: signals } });
    expect(done.result.outputs).toEqual([Int32Array.of(141)]);
    expect(done).not.toHaveProperty('fellBack');
  });

  it('leaves nothing of the inputs behind, also when it fails', async () => {
    const seen: Files[] = [];
    const failure = new ProverError('prover-failed', 'crash');
    await prove(proverOf([fakeProver('snarkjs', { failure }, seen)])).catch(() => undefined);
    await prove(proverOf([honest('snarkjs')]));
    expect(seen).toHaveLength(1);
    expect(await readdir(below)).toEqual([]);
  });

  it.each([
    ['crashes', { failure: new ProverError('prover-failed', 'ended with 139') }],
    ['takes too long', { failure: new ProverError('deadline', 'late') }],
    ['writes nothing', {}],
    ['writes no JSON', { proof: '{', signals }],
    ['writes another form', { proof: { pi_a: [] }, signals }],
    ['writes other signals', { proof: recorded, signals: ['200', '30', '142', BIND.toString()] }],
    ['writes too much', { proof: recorded, signals: ' '.repeat(PROVER_ANSWER_BYTES_MAX + 1) }],
  ])('comes from the second prover when the first %s', async (_, answer) => {
    const done = await prove(proverOf([fakeProver('native', answer), honest('snarkjs')]));
    expect(done.prover).toBe('snarkjs');
    expect(done.fellBack).toMatch(/^native: (?:prover-failed|deadline): /);
  });

  it('takes answers of up to PROVER_ANSWER_BYTES_MAX bytes', async () => {
    const padded = JSON.stringify(signals).padEnd(PROVER_ANSWER_BYTES_MAX, ' ');
    expect(
      (await prove(proverOf([fakeProver('snarkjs', { proof: recorded, signals: padded })]))).prover,
    ).toBe('snarkjs');
  });

  it('is an error of its own when the verifiers disagree, whoever is right', async () => {
    await expect(prove(proverOf([honest('native'), honest('snarkjs')], false))).rejects.toMatchObject({
      code: 'verifiers-disagree',
    });
    const swapped = { ...recorded, pi_a: (recorded as unknown as { pi_c: unknown[] }).pi_c };
    const wrong = fakeProver('snarkjs', { proof: swapped, signals });
    await expect(prove(proverOf([wrong], true))).rejects.toMatchObject({ code: 'verifiers-disagree' });
    await expect(prove(proverOf([wrong], false))).rejects.toMatchObject({ code: 'proof-invalid' });
  });

  it('is not tried when a constraint does not hold', async () => {
    const seen: Files[] = [];
    const { circuit } = program;
    // A circuit whose wires do not get the values that its constraints ask for.
    const system = Object.create(circuit.system, {
      witness: { value: () => circuit.system.witness([200, 30, 140, BIND]) },
    });
    const broken = { ...program, circuit: { ...circuit, system } };
    expect(brokenConstraint(circuit.system, system.witness())).not.toBeUndefined();
    const given = { ...job, program: broken };
    await expect(prove(proverOf([fakeProver('snarkjs', {}, seen)]), given)).rejects.toMatchObject({
      code: 'constraint-broken',
    });
    expect(seen).toEqual([]);
  });
});
