import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCircuit, witnessFile } from '@touchstone/circuit';
import { waitUntil } from '@touchstone/testing';
import { findNativeProver } from '../src/adapters/native/native-prover.js';
import { snarkjsProver } from '../src/adapters/snarkjs/snarkjs-prover.js';
import { compileProgram } from '../src/domain/compile-program.js';
import { TimeBudget } from '../src/domain/time-budget.js';
import { createProver } from '../src/prover.js';
import { tinyFile, TinyJob } from './support/tiny-job.js';
import { tinyModel, tinyOptions } from './support/tiny-model.js';

const native = findNativeProver(process.env);
if (native === undefined) console.warn('snarkrs is not installed: its specs did not run');
const provers = [snarkjsProver(), ...(native === undefined ? [] : [native])];
const program = compileProgram(tinyModel(), tinyOptions);
const bin = fileURLToPath(new URL('../bin/touchstone-zk-prover.js', import.meta.url));
const budget = () => new TimeBudget(60_000);
/** Bytes of an element in the files of iden3. */
const FIELD_BYTES = 32;

let folder: string;
const path = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchstone-provers-'));
  await writeFile(path('circuit.r1cs'), program.constraints);
  const { witness } = runCircuit(program.circuit, [[200, 30]], 7n);
  await writeFile(path('witness.wtns'), witnessFile(witness));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const proofFiles = (prover: string) => ({
  ...{ provingKey: tinyFile('proving-key.zkey'), witness: path('witness.wtns') },
  ...{ proof: path(`${prover}-proof.json`), publicSignals: path(`${prover}-public.json`) },
});

describe.each(provers.map((prover) => [prover.name, prover] as const))('the prover %s', (name, prover) => {
  it('makes a set-up that snarkjs verifies, and proofs under it', async () => {
    const [first, second, final] = ['0', '1', '2'].map((step) => path(`${name}-${step}.zkey`)) as [
      string,
      string,
      string,
    ];
    const circuit = { constraints: path('circuit.r1cs'), powers: tinyFile('powers-06.ptau') };
    await prover.setUp({ ...circuit, provingKey: first }, budget());
    await prover.contribute(
      { from: first, to: second, name: 'somebody', entropy: 'ab'.repeat(64) },
      budget(),
    );
    const beacon = { value: 'cd'.repeat(32), iterationsLog2: 10 };
    await prover.beacon({ from: second, to: final, name: 'beacon', beacon }, budget());
    for (const judge of provers)
      expect(await judge.verifySetUp({ ...circuit, provingKey: final }, budget())).toBe(true);
    await prover.exportKey({ provingKey: final, to: path(`${name}-key.json`) }, budget());
    const files = { ...proofFiles(name), provingKey: final };
    await prover.prove(files, budget());
    const key = path(`${name}-key.json`);
    for (const judge of provers) {
      expect(await judge.verify({ ...files, key }, budget())).toBe(true);
      const signals = JSON.parse(await readFile(files.publicSignals, 'utf8')) as string[];
      await writeFile(path('other.json'), JSON.stringify(signals.with(2, '142')));
      expect(await judge.verify({ ...files, key, publicSignals: path('other.json') }, budget())).toBe(false);
    }
  }, 120_000);

  it('takes no contribution twice for the same key', async () => {
    const entropy = '00'.repeat(64);
    const contribute = async (to: string) => {
      await prover.contribute(
        { from: tinyFile('key-0000.zkey'), to: path(to), name: 'same', entropy },
        budget(),
      );
      return readFile(path(to));
    };
    // Entropy that somebody knew would not help: randomness of the system is mixed in.
    expect(await contribute(`${name}-a.zkey`)).not.toEqual(await contribute(`${name}-b.zkey`));
  }, 60_000);

  it.each([
    ['a witness of another length', 'witness.wtns', (bytes: Buffer) => shortened(bytes)],
    ['a witness on another field', 'witness.wtns', (bytes: Buffer) => flipped(bytes, 12 + 12 + 4)],
  ])(
    'does not prove with %s',
    async (_, file, change) => {
      await writeFile(path('bad.wtns'), change(await readFile(path(file))));
      const proving = prover.prove({ ...proofFiles(name), witness: path('bad.wtns') }, budget());
      await expect(proving).rejects.toMatchObject({ code: 'prover-failed' });
    },
    60_000,
  );

  it('makes no valid proof of a cut witness', async () => {
    await writeFile(path('bad.wtns'), (await readFile(path('witness.wtns'))).subarray(0, 200));
    const files = { ...proofFiles(name), witness: path('bad.wtns') };
    const key = path(`${name}-tiny-key.json`);
    await prover.exportKey({ provingKey: files.provingKey, to: key }, budget());
    // snarkjs reads what is missing as zeros, and proves what is false: why every proof is verified.
    const isValid = await prover.prove(files, budget()).then(
      () => snarkjsProver().verify({ ...files, key }, budget()),
      ({ code }: { code: string }) => code,
    );
    expect([false, 'prover-failed']).toContain(isValid);
  }, 60_000);

  it('makes no set-up for constraints on another field, and is killed when it does not end', async () => {
    await writeFile(path('bad.r1cs'), flipped(Buffer.from(program.constraints), 12 + 12 + 4));
    const circuit = { constraints: path('bad.r1cs'), powers: tinyFile('powers-06.ptau') };
    const setUp = prover.setUp({ ...circuit, provingKey: path('never.zkey') }, new TimeBudget(3_000));
    await expect(setUp).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:prover-failed|deadline)$/),
    });
  }, 60_000);

  it('does not verify a set-up of another circuit, or one with a changed byte', async () => {
    const { constraints: other } = compileProgram(tinyModel(2), tinyOptions);
    await writeFile(path('other.r1cs'), other);
    const files = { powers: tinyFile('powers-06.ptau'), provingKey: tinyFile('proving-key.zkey') };
    expect(await prover.verifySetUp({ ...files, constraints: path('other.r1cs') }, budget())).toBe(false);
    const key = await readFile(files.provingKey);
    await writeFile(path('changed.zkey'), flipped(key, key.length >> 1));
    const changed = { ...files, provingKey: path('changed.zkey'), constraints: path('circuit.r1cs') };
    expect(await prover.verifySetUp(changed, budget())).toBe(false);
  }, 60_000);

  it('makes powers of tau that it verifies', async () => {
    const [started, contributed, prepared] = ['s', 'c', 'p'].map((step) => path(`${name}-${step}.ptau`)) as [
      string,
      string,
      string,
    ];
    await prover.startPowers(4, started, budget());
    await prover.contributePowers({ from: started, to: contributed, name: 'x', entropy: 'ab' }, budget());
    await prover.preparePowers({ from: contributed, to: prepared }, budget());
    for (const judge of provers) expect(await judge.verifyPowers(prepared, budget())).toBe(true);
    await writeFile(path('changed.ptau'), flipped(await readFile(prepared), 2_000));
    expect(await prover.verifyPowers(path('changed.ptau'), budget())).toBe(false);
  }, 60_000);
});

describe('jobs', () => {
  it('run side by side and give what each was asked', async () => {
    const { pap } = createProver(process.env);
    const { programDigest } = program;
    const outputs = await Promise.all(
      [10, 20, 200].map(async (x) => {
        const job = await TinyJob.create();
        const request = await job.proveRequest(programDigest);
        const inputs = [{ ...job.inputs[0], values: [x, 3] }];
        await writeFile(job.path('request.json'), JSON.stringify({ ...request, inputs }));
        const paths = { request: job.path('request.json'), reply: job.path('reply.json') };
        expect(await pap.run('prove', paths, new AbortController().signal)).toBe(0);
        const reply = JSON.parse(await readFile(paths.reply, 'utf8')) as { outputs: { values: number[] }[] };
        await job.close();
        return reply.outputs[0]?.values[0];
      }),
    );
    expect(outputs).toEqual([5, 15, 195]);
  }, 120_000);

  it('that are ended leave no file and no process', async () => {
    const job = await TinyJob.create();
    await writeFile(job.path('request.json'), JSON.stringify(await job.proveRequest(program.programDigest)));
    const child = spawn(process.execPath, [bin, 'prove', job.path('request.json'), job.path('reply.json')], {
      env: { TMPDIR: folder, PATH: '' },
      stdio: 'ignore',
    });
    const inputsOnDisk = async () =>
      (await readdir(folder)).some((name) => name.startsWith('touchstone-zk-'));
    await waitUntil(inputsOnDisk);
    const [started] = await childrenOf(child.pid as number);
    child.kill('SIGTERM');
    const [exitCode] = (await once(child, 'exit')) as [number];
    expect(exitCode).toBe(5);
    expect(await inputsOnDisk()).toBe(false);
    if (started !== undefined)
      expect(await readFile(`/proc/${started}/stat`, 'utf8').catch(() => 'gone')).toBe('gone');
    const reply = JSON.parse(await readFile(job.path('reply.json'), 'utf8')) as { error: { code: string } };
    expect(reply.error.code).toBe('aborted');
    await job.close();
  }, 60_000);
});

async function childrenOf(pid: number): Promise<string[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return children.split(' ').filter((one) => one !== '');
}

const flipped = (bytes: Buffer, at: number): Buffer =>
  Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)));

/** A witness with one wire less, in its head and in its values. */
function shortened(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes.subarray(0, bytes.length - FIELD_BYTES));
  const count = 12 + 12 + 4 + FIELD_BYTES;
  copy.writeUInt32LE(copy.readUInt32LE(count) - 1, count);
  const size = count + 4 + 4;
  copy.writeBigUInt64LE(copy.readBigUInt64LE(size) - BigInt(FIELD_BYTES), size);
  return copy;
}
