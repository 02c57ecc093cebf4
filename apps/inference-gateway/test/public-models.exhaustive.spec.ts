import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CanonicalTensor } from '@touchstone/contracts';
import type { InferAnswer } from '@touchstone/contracts/http/inference-gateway';
import { decodeTensor, encodeTensor, tensorsHash } from '@touchstone/evidence';
import { pythonWithOnnxruntime, runPython } from '@touchstone/testing';
import { RUNTIME_DOMAIN, RUNTIME_OPERATORS } from '../src/adapters/onnx/runtime-operators.js';
import { ProcessPreparers } from '../src/adapters/preparation/process-preparers.js';
import { ImageInput } from '../src/domain/request/image-input.js';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { add, operator, TOKEN } from './support/operator-requests.js';
import { boundModel, imageInput, jsonFile } from './support/prepared-models.js';
import { publicPackage } from './support/public-packages.js';

const TIMEOUT_MS = 300_000;
const PUBLIC_MODELS_MIN = 17;

const python = pythonWithOnnxruntime();
const versions = {
  'silero-vad': '6.2.3',
  magika: '1.0.3',
  rapidocr: '3.10.0',
  'rapidocr-onnxruntime': '1.4.4',
  nudenet: '3.4.2',
  ddddocr: '1.6.1',
} as const;
const folders = new Map(
  Object.entries(versions).map(([name, version]) => [
    name,
    python === undefined ? undefined : publicPackage(python, name, version),
  ]),
);
const complete = [...folders.values()].every((folder) => folder !== undefined);
const fileOf = (name: keyof typeof versions, path: string): Buffer =>
  readFileSync(join(folders.get(name) as string, path));

/** What a test asks of a model: tensors, or a picture and how it is taken. */
type Question = { readonly tensors: () => CanonicalTensor[] } | { readonly picture: Record<string, unknown> };

function tensor(
  name: string,
  datatype: 'FP32' | 'INT32' | 'INT64',
  shape: number[],
  at: (index: number) => number,
): CanonicalTensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const data = Array.from({ length: count }, (_, index) => at(index));
  const encoded = encodeTensor({ name, datatype, shape, data });
  if (!encoded.ok) throw new Error(encoded.error.detail);
  return encoded.value;
}

/** Two voices, or so. */
const voice = (index: number) =>
  Math.fround(0.4 * Math.sin(index / 9) + 0.2 * Math.sin(index / 2.3) * Math.cos(index / 40));
const zero = () => 0;
const heard = (state: number, ...more: CanonicalTensor[]): Question => ({
  tensors: () => [
    tensor('input', 'FP32', [1, state], voice),
    tensor('state', 'FP32', [2, 1, 128], zero),
    ...more,
  ],
});
const rate = tensor('sr', 'INT64', [], () => 16_000);
const colours = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const around = { scale: 1 / 127.5, mean: [1, 1, 1], std: [1, 1, 1] };
const seen = (width: number, height: number, change: Record<string, unknown>): Question => ({
  picture: { width, height, ...change },
});
const grey = { colour: 'grey', scale: 1 / 255, mean: [0], std: [1], fill: [255, 255, 255] };

const models: [name: string, source: keyof typeof versions, path: string, question: Question][] = [
  ['silero', 'silero-vad', 'silero_vad/data/silero_vad.onnx', heard(576, rate)],
  ['silero-op15', 'silero-vad', 'silero_vad/data/silero_vad_16k_op15.onnx', heard(576, rate)],
  ['silero-half', 'silero-vad', 'silero_vad/data/silero_vad_half.onnx', heard(576)],
  ['silero-ifless', 'silero-vad', 'silero_vad/data/silero_vad_op18_ifless.onnx', heard(576, rate)],
  ['silero-openvino', 'silero-vad', 'silero_vad/data/silero_vad_openvino_16k.onnx', heard(576)],
  [
    'silero-sequence',
    'silero-vad',
    'silero_vad/data/silero_vad_16k_sequence.onnx',
    {
      tensors: () => [
        tensor('input', 'FP32', [3, 576], voice),
        ...['h', 'c'].map((name) => tensor(name, 'FP32', [1, 1, 128], zero)),
      ],
    },
  ],
  [
    'magika',
    'magika',
    'magika/models/standard_v3_3/model.onnx',
    {
      tensors: () => {
        const text = readFileSync(new URL(import.meta.url));
        return [tensor('bytes', 'INT32', [1, 2_048], (index) => text[index] ?? 256)];
      },
    },
  ],
  [
    'rapidocr-detect',
    'rapidocr',
    'rapidocr/models/PP-OCRv6_det_small.onnx',
    seen(320, 192, { fit: 'stretch', ...colours }),
  ],
  [
    'rapidocr-read',
    'rapidocr',
    'rapidocr/models/PP-OCRv6_rec_small.onnx',
    seen(160, 48, { fit: 'contain', colour: 'bgr', ...around }),
  ],
  [
    'rapidocr-turn',
    'rapidocr',
    'rapidocr/models/ch_ppocr_mobile_v2.0_cls_mobile.onnx',
    seen(192, 48, { fit: 'contain', colour: 'bgr', ...around }),
  ],
  [
    'paddle-detect',
    'rapidocr-onnxruntime',
    'rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx',
    seen(256, 160, { fit: 'stretch', ...around }),
  ],
  [
    'paddle-read',
    'rapidocr-onnxruntime',
    'rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx',
    seen(200, 48, { fit: 'contain', colour: 'bgr', ...around }),
  ],
  [
    'paddle-turn',
    'rapidocr-onnxruntime',
    'rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx',
    seen(192, 48, { fit: 'cover', ...around }),
  ],
  [
    'nudenet',
    'nudenet',
    'nudenet/320n.onnx',
    seen(320, 320, { fit: 'contain', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] }),
  ],
  [
    'ddddocr-detect',
    'ddddocr',
    'ddddocr/common_det.onnx',
    seen(416, 416, { fit: 'contain', colour: 'bgr', fill: [114, 114, 114] }),
  ],
  // Has DynamicQuantizeLSTM of com.microsoft.
  ['ddddocr-old', 'ddddocr', 'ddddocr/common_old.onnx', seen(172, 64, { fit: 'stretch', ...grey })],
  ['ddddocr', 'ddddocr', 'ddddocr/common.onnx', seen(172, 64, { fit: 'stretch', ...grey })],
];

const RUN = `
import sys, json, base64
import numpy, onnxruntime
names = {'FP32': 'float32', 'FP64': 'float64', 'INT32': 'int32', 'INT64': 'int64', 'UINT8': 'uint8'}
asked = json.loads(sys.stdin.readline())
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(asked['file'], options, providers=['CPUExecutionProvider'])
feeds = {}
for tensor in asked['inputs']:
    raw = numpy.frombuffer(base64.b64decode(tensor['data']), names[tensor['datatype']])
    feeds[tensor['name']] = raw.reshape(tensor['shape'])
for output, value in zip(session.get_outputs(), session.run(None, feeds)):
    data = base64.b64encode(numpy.ascontiguousarray(value).tobytes()).decode()
    print(json.dumps({'name': output.name, 'shape': list(value.shape), 'data': data}))
`;

const KERNELS = `
import json
from onnxruntime import __version__
from onnxruntime.capi import onnxruntime_pybind11_state as state
kernels = {k.op_name for k in state.get_all_opkernel_def() if k.domain == '${RUNTIME_DOMAIN}' and 'CPU' in k.provider}
print(json.dumps({'version': __version__, 'kernels': sorted(kernels)}))
`;

(complete ? describe : describe.skip)('a model that others published', () => {
  let fixture: GatewayFixture;
  let gateway: Gateway;
  let preparers: ProcessPreparers;
  let picture: string;

  beforeAll(async () => {
    fixture = await GatewayFixture.create();
    gateway = await fixture.start(operator);
    preparers = new ProcessPreparers({ processes: 1 });
    picture = fileOf('ddddocr', 'ddddocr/logo.png').toString('base64');
  }, TIMEOUT_MS);

  afterAll(async () => {
    await preparers?.close();
    await fixture?.close();
  });

  /** Adds the model; what it is asked then, and the tensors that this means. */
  async function prepared(name: string, file: Buffer, question: Question) {
    const manifest = { name, priceAtomic: '0' };
    if ('tensors' in question) {
      const added = await add(gateway, manifest, file);
      const tensors = question.tensors();
      const inputs = tensors.map((each) => {
        const decoded = decodeTensor(each);
        return { ...each, data: decoded.ok ? decoded.value : [] };
      });
      return { added, tensors, request: { inputs } };
    }
    const image = jsonFile(imageInput(question.picture));
    const parts = { 'image.json': image.bytes };
    const added = await add(gateway, manifest, boundModel(file, image), TOKEN, parts);
    const [spec] = (added.body as unknown as { inputs?: { name: string }[] }).inputs ?? [];
    const named = { name: spec?.name ?? '', datatype: 'FP32' as const };
    const tensors = await ImageInput.fromFile(imageInput(question.picture)).prepare(
      { image: picture },
      [named],
      preparers,
    );
    return { added, tensors: tensors as CanonicalTensor[], request: { image: picture } };
  }

  it(`is one of at least ${PUBLIC_MODELS_MIN}`, () => {
    expect(models.length).toBeGreaterThanOrEqual(PUBLIC_MODELS_MIN);
  });

  it.each(models)(
    '%s is added and answers what onnxruntime answers in Python, bit by bit',
    async (...model) => {
      const [name, source, path, question] = model;
      const file = fileOf(source, path);
      const { added, tensors, request } = await prepared(name, file, question);
      expect([added.status, added.body.detail]).toEqual([201, undefined]);
      const response = await infer(gateway, name, request);
      const answer = (await response.json()) as InferAnswer;
      expect([response.status, answer]).toEqual([200, expect.anything()]);
      const hash = tensorsHash(tensors);
      expect(answer.proof.inputHash).toBe(hash.ok && hash.value);
      const outputs = answer.outputs.map(({ data, ...output }) => {
        const encoded = encodeTensor({ ...output, data });
        if (!encoded.ok) throw new Error(encoded.error.detail);
        return { name: output.name, shape: output.shape, data: encoded.value.data };
      });
      const asked = { file: join(folders.get(source) as string, path), inputs: tensors };
      expect(outputs).toEqual(runPython(python as string, RUN, [], [asked]));
    },
    TIMEOUT_MS,
  );

  it('may use operators of the runtime that it has for processors, in the same version', () => {
    const [found] = runPython(python as string, KERNELS, [], []) as { version: string; kernels: string[] }[];
    expect(found?.version).toBe('1.30.0');
    expect([...RUNTIME_OPERATORS].filter((name) => !found?.kernels.includes(name))).toEqual([]);
  });
});
