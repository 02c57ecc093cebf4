import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ModelIdentity } from '@touchstone/contracts';
import { modelVersionIdOf } from '@touchstone/evidence';
import { field, join as joinBytes, waitUntil } from '@touchstone/testing';
import { bin, touchstone } from './support/touchstone.js';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const evidence = '../../../libs/evidence/';
const { cases } = JSON.parse(readFileSync(at(`${evidence}vectors/evidence.json`), 'utf8')) as {
  cases: { name: string; input: { bundle: Bundle; trust: object } }[];
};
const { model } = JSON.parse(readFileSync(at(`${evidence}test/golden/recorded-zk.json`), 'utf8')) as {
  model: string;
};

interface Bundle {
  readonly zk: {
    readonly vk: object;
    readonly descriptor: { readonly modelHash: string; activations: number[] };
  };
  readonly subject: { readonly inputs?: object[]; readonly outputs?: { data: string }[] };
}

const PROVING_TIMEOUT_MS = 60_000;

let folder: string;
let proven: Bundle;
const file = (name: string): string => join(folder, name);
const write = (name: string, value: unknown): string => {
  writeFileSync(file(name), typeof value === 'string' ? value : JSON.stringify(value));
  return file(name);
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-zk-'));
  const found = cases.find(({ name }) => name === 'L5');
  if (found === undefined) throw new Error('There is no vector L5.');
  proven = found.input.bundle;
  const { zk, ...unproven } = proven;
  write('unproven.json', unproven);
  write('proven.json', proven);
  write('trust.json', found.input.trust);
  write('circuit.json', { version: 1, descriptor: zk.descriptor, vk: zk.vk, setup: 'single-party' });
  writeFileSync(file('model.onnx'), Buffer.from(model, 'base64'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Of all processes, words apart by spaces. */
const commandLines = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return [];
      }
    });

const prove = (bundle: string, change: Readonly<Record<string, string>> = {}) => {
  const files = {
    '--model': file('model.onnx'),
    '--circuit': file('circuit.json'),
    '--key': at('files/tiny.zkey'),
  };
  const options = { ...files, '--out': file('made.json'), ...change };
  return touchstone(['zk', 'prove', bundle, ...Object.entries(options).flat(), '--json']);
};

describe('touchstone zk prove (R-ZK-2, R-ZK-4)', () => {
  it(
    'puts a proof beside evidence of the past, and the label rises to L5',
    async () => {
      const before = ['verify', file('unproven.json'), '--trust', file('trust.json'), '--require', 'L5'];
      expect(await touchstone(before)).toMatchObject({ status: 1 });
      const made = await prove(file('unproven.json'));
      expect(made).toMatchObject({ status: 0, stderr: '' });
      expect(JSON.parse(made.stdout)).toMatchObject({ file: file('made.json'), setup: 'single-party' });
      const after = ['verify', file('made.json'), '--trust', file('trust.json'), '--require', 'L5', '--json'];
      const verified = await touchstone(after);
      expect(JSON.parse(verified.stdout)).toMatchObject({ result: 'VALID', label: 'L5', satisfied: true });
      expect(await touchstone([...after.slice(0, 5), 'L6'])).toMatchObject({ status: 1 });
    },
    PROVING_TIMEOUT_MS,
  );

  it('refuses another model file, and says which one it is of', async () => {
    write('other.onnx', 'no model');
    const { status, stderr } = await prove(file('unproven.json'), { '--model': file('other.onnx') });
    expect(status).toBe(1);
    expect(stderr).toContain(`the bundle is of tiny.int 1.0.0 with ${proven.zk.descriptor.modelHash}`);
  });

  it('refuses a circuit of another model', async () => {
    const { zk } = proven;
    const descriptor = { ...zk.descriptor, modelHash: '00'.repeat(32) };
    const circuit = write('foreign.json', { version: 1, descriptor, vk: zk.vk, setup: 'single-party' });
    const { status, stderr } = await prove(file('unproven.json'), { '--circuit': circuit });
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('The circuit is of'),
    });
  });

  it('refuses evidence that withholds its inputs, or is changed', async () => {
    const { inputs: _inputs, ...subject } = proven.subject;
    const withheld = await prove(write('withheld.json', { ...proven, subject }));
    expect(withheld).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('does not disclose its inputs'),
    });
    const changed = { ...proven, subject: { ...proven.subject, inputs: proven.subject.outputs } };
    const refused = await prove(write('changed.json', changed));
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('subject-inputs failed') });
  });

  it(
    'writes nothing where the key is none',
    async () => {
      const { status, stderr } = await prove(file('unproven.json'), {
        '--key': file('model.onnx'),
        '--out': file('nothing.json'),
      });
      expect({ status, stderr }).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('touchstone-zk-prover'),
      });
      expect(() => readFileSync(file('nothing.json'))).toThrow('ENOENT');
    },
    PROVING_TIMEOUT_MS,
  );

  it(
    'ends the prover when it is interrupted, and writes nothing',
    async () => {
      const own = mkdtempSync(join(folder, 'interrupted-'));
      const args = [
        '--model',
        file('model.onnx'),
        '--circuit',
        file('circuit.json'),
        '--key',
        at('files/tiny.zkey'),
      ];
      const child = spawn(
        process.execPath,
        [bin, 'zk', 'prove', file('unproven.json'), ...args, '--out', join(own, 'made.json')],
        { env: { PATH: process.env['PATH'] ?? '', TMPDIR: own }, stdio: 'ignore' },
      );
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
      await waitUntil(() =>
        commandLines().some((line) => line.includes(own) && line.includes('touchstone-zk-prover')),
      );
      child.kill('SIGINT');
      expect(await ended).toBe(130);
      expect(commandLines().filter((line) => line.includes(own))).toEqual([]);
      expect(readdirSync(own)).not.toContain('made.json');
    },
    PROVING_TIMEOUT_MS,
  );

  it('does not write over what it reads', async () => {
    const { status, stderr } = await prove(file('unproven.json'), { '--out': file('unproven.json') });
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('would destroy it'),
    });
  });
});

interface Committed {
  readonly subject: { readonly proof: object };
  readonly commitment: { readonly model: ModelIdentity };
}

const committed = (name: string) => JSON.parse(readFileSync(file(name), 'utf8')) as Committed;
const identityOf = (name: string): ModelIdentity => committed(name).commitment.model;

/** The bundle as if it were of another model; what is signed does not fit any more, which a replay does not judge. */
function withModel(name: string, identity: ModelIdentity): object {
  const { subject, commitment, ...rest } = committed(name);
  const modelVersionId = modelVersionIdOf(identity);
  return {
    ...rest,
    subject: { ...subject, proof: { ...subject.proof, modelVersionId } },
    commitment: { ...commitment, modelVersionId, model: identity },
  };
}

const replay = (bundle: string, ...more: string[]) =>
  touchstone(['replay', bundle, '--model', file('model.onnx'), ...more]);

describe('touchstone replay (R-PLUS-2)', () => {
  it('runs whole numbers again bit by bit, by the descriptor in the bundle or the one that is given', async () => {
    const own = await replay(file('proven.json'), '--json');
    expect(own.status).toBe(0);
    expect(JSON.parse(own.stdout)).toMatchObject({
      ...{ replayed: 1, same: 1, different: 0 },
      reports: [{ replay: { result: 'same', arithmetic: 'integer', outputs: [{ largestDifference: 0 }] } }],
    });
    const given = await replay(file('unproven.json'), '--circuit', file('circuit.json'));
    expect(given).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Same, bit by bit: L3 by you'),
    });
  });

  it('does not run in floats what was run in whole numbers, and says what is missing', async () => {
    const { commitment, ...rest } = JSON.parse(readFileSync(file('unproven.json'), 'utf8')) as {
      commitment: object;
    };
    const bound = write('bound.json', { ...rest, commitment: { ...commitment, vkDigest: 'ab'.repeat(32) } });
    const { status, stderr } = await replay(bound);
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('with --circuit'),
    });
  });

  it('does not run a file whose weights are elsewhere, which its hash does not cover', async () => {
    const location = field(13, joinBytes(field(1, 'location'), field(2, '../weights')));
    const outside = joinBytes(Buffer.from(model, 'base64'), field(7, field(5, location)));
    writeFileSync(file('outside.onnx'), outside);
    const identity = {
      ...identityOf('unproven.json'),
      modelHash: createHash('sha256').update(outside).digest('hex'),
    };
    const bundle = withModel('unproven.json', identity);
    const { status, stderr } = await touchstone([
      'replay',
      write('elsewhere.json', bundle),
      '--model',
      file('outside.onnx'),
    ]);
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('data outside of the file'),
    });
  });

  it('tells an output that the model does not give', async () => {
    const data = Buffer.from(Int32Array.of(537, -21).buffer).toString('base64');
    const [output] = proven.subject.outputs ?? [];
    const lied = { ...proven, subject: { ...proven.subject, outputs: [{ ...output, data }] } };
    const { status, stdout } = await replay(write('lied.json', lied), '--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      reports: [{ replay: { result: 'different', outputs: [{ largestDifference: 1 }] } }],
    });
  });

  it('runs a folder, and tells which bundles cannot be run', async () => {
    const bundles = file('bundles');
    mkdirSync(bundles, { recursive: true });
    for (const name of ['a', 'b']) writeFileSync(join(bundles, `${name}.json`), JSON.stringify(proven));
    writeFileSync(join(bundles, 'c.json'), '{}');
    const { status, stdout } = await replay(bundles);
    expect(status).toBe(1);
    expect(stdout).toContain('2 of 3 replayed: 2 the same, 0 within the tolerance, 0 different, 1 refused.');
  });

  it.each([
    ['--tolerance', '-1'],
    ['--sample', '0'],
    ['--sample', '101'],
  ])('refuses %s %s', async (...option) => {
    expect(await replay(file('proven.json'), ...option)).toMatchObject({ status: 2 });
  });
});
