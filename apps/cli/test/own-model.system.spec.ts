import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serviceNames } from '@touchstone/contracts';
import { silentProgress, startStack, type RunningStack } from '@touchstone/embedded';
import {
  field,
  join as joinBytes,
  linearClassifier,
  onnxModel,
  onnxTensor,
  pythonWithCryptography,
  verifyIndependently,
} from '@touchstone/testing';
import { IMAGE_FILE_BYTES_MAX } from '@touchstone/contracts/http/inference-gateway';
import { INFER_INPUT_BYTES_MAX } from '../src/commands/infer.js';
import {
  LABELS_FILE_BYTES_MAX,
  MODEL_FILE_BYTES_MAX,
  MODEL_PART_BYTES_MAX,
} from '../src/commands/models-operate.js';
import { CHALLENGE_BYTES_MAX } from '../src/stack/read-challenge.js';
import { checkout } from '../src/stack/run-stack.js';
import { touchstone, type Ended } from './support/touchstone.js';
import { removeState } from './support/remove-state.js';

const START_TIMEOUT_MS = 120_000;
/** Joined emoji, a non-joiner, and signs that are not ASCII. */
const DEVELOPER = 'Ärzte 👩\u200d⚕\ufe0f ≥ ₮ می\u200cخواهم';
const python = pythonWithCryptography();

let folder: string;
let state: string;
let stack: RunningStack | undefined;

const start = async (): Promise<RunningStack> =>
  startStack({
    root: checkout,
    stateDir: state,
    services: serviceNames,
    restart: false,
    progress: silentProgress,
    durable: false,
  });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-own-model-'));
  state = join(folder, 'state');
  stack = await start();
}, START_TIMEOUT_MS);

afterAll(async () => {
  await stack?.stop();
  removeState(state);
  rmSync(folder, { recursive: true, force: true });
}, START_TIMEOUT_MS);

const run = (...args: string[]): Promise<Ended> => touchstone([...args, '--state', state], { cwd: folder });
const path = (name: string): string => join(folder, name);

/** A model that exists for this run alone: nobody can have prepared an answer. */
function freshModel(): Uint8Array {
  const noise = () => Math.fround(Math.random() - 0.5) / 100;
  return linearClassifier(
    [
      [3 + noise(), noise()],
      [noise(), 3 + noise()],
    ],
    [noise(), noise()],
  );
}

/** Puts numbers into pairs, and declares the one pair that it was exported with. */
const pairsModel = () =>
  onnxModel({
    inputs: [{ name: 'x', shape: ['n'] }],
    outputs: [{ name: 'y', shape: [1, 2] }],
    initializers: [onnxTensor('to', [2], [-1, 2], 'INT64')],
    nodes: [{ op: 'Reshape', inputs: ['x', 'to'], outputs: ['y'] }],
  });

const hashesOf = ({ stdout }: Ended): unknown[] => {
  const { proof } = JSON.parse(stdout) as { proof: { inputHash: string; outputHash: string } };
  return [proof.inputHash, proof.outputHash];
};

const request = (data: number[]) =>
  JSON.stringify({ inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 2], data }] });

const labelled = ['models', 'add', 'any.onnx', '--name', 'x', '--price', '1', '--labels', 'big'];
const pictured = ['models', 'add', 'any.onnx', '--name', 'x', '--price', '1', '--image-input', 'big'];

describe('a visitor’s own model', () => {
  it('costs nothing when the evidence could not be written', async () => {
    const asked = await run('infer', 'digits', '--input', '-', '--pay', '--evidence', path('nowhere/e.json'));
    expect(asked).toMatchObject({ status: 4, stdout: '' });
    expect(asked.stderr).toMatch(/^touchstone: ENOENT: .*nowhere/);
  });

  it('costs nothing when the evidence would destroy the request', async () => {
    writeFileSync(path('only.json'), request([0, 2]));
    const ask = ['infer', 'digits', '--input', 'only.json', '--pay', '--evidence', path('only.json')];
    expect(await run(...ask)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('is the file that is read'),
    });
    expect(readFileSync(path('only.json'), 'utf8')).toBe(request([0, 2]));
  });

  it('is added, asked, paid and proved, and the evidence verifies when every service is down', async () => {
    writeFileSync(path('mine.onnx'), freshModel());
    writeFileSync(path('labels.txt'), 'left\nright\n');
    writeFileSync(path('request.json'), request([0, 2]));
    const add = [
      'models',
      'add',
      'mine.onnx',
      '--name',
      'mine',
      '--price',
      '0.015',
      '--labels',
      'labels.txt',
    ];
    const added = await run(...add, '--developer', DEVELOPER, '--describe', 'می\u200cخواهم');
    expect(added).toMatchObject({ status: 0 });
    expect(added.stdout).toMatch(new RegExp(`^name +mine 1\\.0\\.0 by ${DEVELOPER}$`, 'mu'));
    expect(added.stdout).toMatch(/^description +می\u200cخواهم$/mu);
    expect(added.stdout).toMatch(/^price +0\.015000 USDC$/m);
    expect(added.stdout).toMatch(/^input +features FP32 \[-1,2\]$/m);
    expect((await run('models')).stdout).toMatch(/^mine +1\.0\.0 +active +inference +0\.015000 USDC/m);

    const dry = await run('infer', 'mine', '--input', 'request.json', '--dry-run');
    expect(dry).toMatchObject({
      status: 0,
      stdout: 'The input fits. mine costs 0.015000 USDC for this request.\n',
    });

    const asked = await run(
      'infer',
      'mine',
      '--input',
      'request.json',
      '--pay',
      '--json',
      '--evidence',
      'evidence.json',
    );
    expect(asked).toMatchObject({ status: 0 });
    const answer = JSON.parse(asked.stdout) as {
      prediction: { label: string };
      payment: { amount: string };
      model: { modelVersionId: string };
    };
    expect(answer).toMatchObject({ prediction: { label: 'right' }, payment: { amount: '15000' } });

    expect(await run('models', 'remove', 'mine')).toMatchObject({ status: 0 });
    expect((await run('infer', 'mine', '--input', 'request.json', '--pay')).stderr).toContain(
      'model-not-active',
    );
    expect(await run('trust', 'export', '--out', 'trust.json')).toMatchObject({ status: 0 });
    expect(readFileSync(path('trust.json'), 'utf8')).toContain(answer.model.modelVersionId);

    // The rows that this file declares are not the ones that it gives, and it goes on with any finite number.
    writeFileSync(path('pairs.onnx'), pairsModel());
    const pairs = await run('models', 'add', 'pairs.onnx', '--name', 'pairs', '--price', '0.01');
    expect(pairs.stdout).toMatch(/^output +y FP32 \[-1,2\]$/m);
    const large = '[1e16,-0,3.4028234663852886e38,9007199254740993]';
    writeFileSync(
      path('large.json'),
      `{"inputs":[{"name":"x","datatype":"FP32","shape":[4],"data":${large}}]}`,
    );
    const ask = ['infer', 'pairs', '--pay', '--json', '--input'];
    const first = await run(...ask, 'large.json', '--evidence', 'pairs.json');
    const [given] = (JSON.parse(first.stdout) as { outputs: { shape: number[]; data: number[] }[] }).outputs;
    expect(given).toMatchObject({
      shape: [2, 2],
      data: [Math.fround(1e16), -0, 3.4028234663852886e38, 2 ** 53],
    });
    const answered = /"data": (\[[^\]]*\])/.exec(first.stdout)?.[1] ?? '';
    writeFileSync(
      path('next.json'),
      `{"inputs":[{"name":"x","datatype":"FP32","shape":[4],"data":${answered}}]}`,
    );
    const second = await run(...ask, 'next.json');
    expect(hashesOf(second)).toEqual(hashesOf(first));
    expect(await run('trust', 'export', '--out', 'trust.json')).toMatchObject({ status: 0 });

    writeFileSync(path('other.onnx'), freshModel());
    expect(await run('models', 'add', 'other.onnx', '--name', 'other', '--price', '0')).toMatchObject({
      status: 0,
    });
    await stack?.stop();
    stack = undefined;
    const verify = ['verify', 'evidence.json', '--trust', 'trust.json', '--require', 'L2', '--allow-test'];
    const verified = await touchstone(verify, { cwd: folder });
    expect(verified).toMatchObject({ status: 0 });
    expect(verified.stdout).toContain('VALID  label L2-test');
    const pairsVerified = await touchstone(['verify', 'pairs.json', ...verify.slice(2)], { cwd: folder });
    expect(pairsVerified).toMatchObject({ status: 0 });
    if (python !== undefined) {
      const files = ['evidence.json', 'pairs.json'].map(path);
      const { reports } = verifyIndependently(python, files, ['--trust', path('trust.json')]);
      expect(reports.map(({ result, label }) => [result, label])).toEqual([
        ['VALID', 'L2-test'],
        ['VALID', 'L2-test'],
      ]);
    }
    const changed = readFileSync(path('evidence.json'), 'utf8').replace(/"modelHash":"./, '"modelHash":"x');
    writeFileSync(path('changed.json'), changed);
    expect(
      await touchstone(['verify', 'changed.json', '--trust', 'trust.json'], { cwd: folder }),
    ).toMatchObject({
      status: 1,
    });
  }, 180_000);

  it('is there when the stack starts again, and says what is wrong with a request', async () => {
    stack = await start();
    const ask = (stdin: string) =>
      touchstone(['infer', 'other', '--input', '-', '--state', state], { cwd: folder, stdin });
    expect((await ask(request([2, 0]))).stdout).toMatch(/^paid +nothing$/m);
    const three = { inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }] };
    expect(await ask(JSON.stringify(three))).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('/inputs/0/shape: expected [-1,2], got [1,3]'),
    });
    const wrongType = { inputs: [{ name: 'features', datatype: 'INT64', shape: [1, 2], data: [1, 2] }] };
    expect((await ask(JSON.stringify(wrongType))).stderr).toContain('expected FP32, got INT64');
    expect((await ask('{"inputs":')).stderr).toContain('malformed-json');
  }, 180_000);

  it('is paid above 1 USDC when that is what it is listed for', async () => {
    expect(await run('models', 'add', 'other.onnx', '--name', 'dear', '--price', '2.5')).toMatchObject({
      status: 0,
    });
    const asked = await run('infer', 'dear', '--input', 'request.json', '--pay');
    expect(asked.stdout).toMatch(/^paid +2500000 atomic units/m);
    expect(await run('infer', 'dear', '--input', 'request.json', '--pay', '--max', '2.4')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('2.500000 USDC, more than 2.400000 USDC'),
    });
  });

  it('takes a picture when its image.json says how', async () => {
    // Two pixels: red, then grey.
    const picture =
      'iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR4nGP4z8DQ0NAAAAkBAoCZxGkyAAAAAElFTkSuQmCC';
    const imageInput = JSON.stringify({
      ...{ format: 'touchstone-image-input-v1', width: 2, height: 1, fit: 'stretch', filter: 'nearest' },
      ...{ fill: [0, 0, 0], colour: 'rgb', layout: 'nhwc', datatype: 'FP32', scale: 1 },
      ...{ mean: [0, 0, 0], std: [1, 1, 1] },
    });
    const digest = createHash('sha256').update(imageInput).digest('hex');
    const properties = joinBytes(field(1, 'touchstone.preprocess.sha256'), field(2, digest));
    const mirror = onnxModel({
      inputs: [{ name: 'x', shape: [1, 1, 2, 3] }],
      outputs: [{ name: 'y', shape: [1, 1, 2, 3] }],
      nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
    });
    writeFileSync(path('picture.png'), Buffer.from(picture, 'base64'));
    writeFileSync(path('image.json'), imageInput);
    writeFileSync(path('mirror.onnx'), joinBytes(mirror, field(14, properties)));
    const add = ['models', 'add', 'mirror.onnx', '--name', 'mirror', '--price', '0'];
    expect(await run(...add, '--image-input', 'image.json')).toMatchObject({ status: 0 });
    const asked = await run('infer', 'mirror', '--image', 'picture.png', '--json');
    expect(JSON.parse(asked.stdout)).toMatchObject({ outputs: [{ data: [255, 0, 0, 128, 128, 128] }] });
    expect(await run('infer', 'mirror', '--image', 'picture.png', '--text', 'a')).toMatchObject({
      status: 2,
    });
    expect(await run(...add, '--tokenizer', 'image.json')).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('text-input.json with tokenizer.json'),
    });
  });

  it('is refused with a reason and an exit code', async () => {
    writeFileSync(path('text.onnx'), 'not a model');
    const add = (...more: string[]) => run('models', 'add', 'text.onnx', ...more);
    expect(await add('--name', 'text', '--price', '0.01')).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('422 model-invalid'),
    });
    expect(await add('--name', 'text', '--price', 'cheap')).toMatchObject({ status: 2 });
    expect(await add('--name', 'text', '--price', '0.0000001')).toMatchObject({ status: 2 });
    expect(await add('--name', '../text', '--price', '1')).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('/name'),
    });
    expect(await run('models', 'add', 'nothing.onnx', '--name', 'x', '--price', '1')).toMatchObject({
      status: 4,
    });
    expect(await run('models', 'remove', 'digits')).toMatchObject({ status: 4 });
  });

  it.each([
    [
      'models add',
      MODEL_FILE_BYTES_MAX,
      ['models', 'add', 'big', '--name', 'x', '--price', '1'],
      'model-invalid',
    ],
    ['models add --image-input', MODEL_PART_BYTES_MAX, pictured, 'body-too-large'],
    ['models add', LABELS_FILE_BYTES_MAX, labelled, 'body-too-large'],
    ['infer', INFER_INPUT_BYTES_MAX, ['infer', 'digits', '--input', 'big'], 'body-too-large'],
    ['infer --image', IMAGE_FILE_BYTES_MAX, ['infer', 'digits', '--image', 'big'], 'body-too-large'],
    ['pay', CHALLENGE_BYTES_MAX, ['pay', 'big'], 'Expected the headers of a 402'],
  ])(
    'and %s reads %i bytes of a file and no more',
    async (_command, bytesMax, args, complaint) => {
      writeFileSync(path('any.onnx'), 'no model');
      writeFileSync(path('big'), '');
      truncateSync(path('big'), bytesMax);
      expect((await run(...args)).stderr).toContain(complaint);
      truncateSync(path('big'), bytesMax + 1);
      expect(await run(...args)).toMatchObject({
        status: 4,
        stderr: `touchstone: big has more than the ${bytesMax} bytes that are read.\n`,
      });
    },
    180_000,
  );

  it('is added by nobody who cannot read the operator’s secret', () => {
    expect(statSync(join(state, 'secrets', 'operator.env')).mode & 0o077).toBe(0);
  });
});
