// A picture of 2 MB until the model was run on it: our process of pictures with the runtime, beside sharp and the runtime alone in one process.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { announce, median, printRow, quick, wanted } from './harness/row.mjs';
import { ProcessPreparers } from '../apps/inference-gateway/dist/adapters/preparation/process-preparers.js';

/** As the gateway finds them. */
const installed = createRequire(new URL('../apps/inference-gateway/package.json', import.meta.url));
const sharp = installed('sharp');
const { InferenceSession, Tensor } = installed('onnxruntime-node');

const ROUNDS = quick ? 1 : 5;
const PICTURES = quick ? 5 : 40;
const SIDE = 224;
/** 7.7 megapixels, as a telephone sends them. */
const SIZE = { width: 3_200, height: 2_400 };
const GOAL = { of: 'ratio', min: 0.5 };

sharp.cache(false);
sharp.concurrency(1);

/** Smooth with noise, so that a JPEG of it is as large as one of a photograph; and with noise alone a PNG of 2 MB. */
const noise = (size, sigma) =>
  sharp({
    create: { ...size, channels: 3, background: '#888', noise: { type: 'gaussian', mean: 128, sigma } },
  });
const pictures = {
  JPEG: () => noise(SIZE, 13).jpeg({ quality: 85 }).toBuffer(),
  PNG: () => noise({ width: 1_000, height: 750 }, 30).png().toBuffer(),
};

const plan = {
  ...{ width: SIDE, height: SIDE, fit: 'cover', filter: 'bilinear', fill: [0, 0, 0] },
  ...{ colour: 'rgb', layout: 'nchw', elementBytes: 4 },
};
const table = new Uint8Array(Float32Array.from({ length: 256 }, (_, value) => value / 255).buffer);

const p95 = (times) => [...times].sort((left, right) => left - right)[Math.ceil(times.length * 0.95) - 1];

async function timed(work) {
  const times = [];
  for (let count = 0; count < PICTURES; count += 1) {
    const started = performance.now();
    await work();
    times.push(performance.now() - started);
  }
  return p95(times);
}

const digits = readFileSync(new URL('../models/digits-conv/model.onnx', import.meta.url));
const session = await InferenceSession.create(digits, { intraOpNumThreads: 1, interOpNumThreads: 1 });
const [name] = session.inputNames;
const run = (floats) => session.run({ [name]: new Tensor('float32', floats.slice(0, 64), [1, 64]) });
const zeros = new Float32Array(64);

// The processes of pictures keep nobody alive.
const alive = setInterval(() => undefined, 60_000);

for (const [format, make] of Object.entries(pictures)) {
  const rowName = `pictures: p95 of a ${format} of 2 MB, decoded, made smaller and run`;
  if (!wanted(rowName)) continue;
  announce(rowName);
  const file = await make();
  const base64 = file.toString('base64');
  const preparers = new ProcessPreparers({ processes: 1 });
  const ours = async () => {
    const raw = Buffer.from(await preparers.image(base64, plan, [table, table, table]), 'base64');
    await run(new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + 256)));
  };
  const bare = async () => {
    await sharp(file, { failOn: 'error' }).raw().toBuffer();
    await run(zeros);
  };
  await timed(ours);
  await timed(bare);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const [first, second] = round % 2 === 0 ? [ours, bare] : [bare, ours];
    const times = [await timed(first), await timed(second)];
    const [own, baseline] = round % 2 === 0 ? times : times.reverse();
    rounds.push({ ours: own, baseline });
  }
  printRow({
    name: rowName,
    baselineName: 'bare decoding by sharp, and onnxruntime',
    unit: 'ms',
    ours: median(rounds.map(({ ours: own }) => own)),
    baseline: median(rounds.map(({ baseline }) => baseline)),
    ratio: median(rounds.map(({ ours: own, baseline }) => baseline / own)),
    goal: GOAL,
    rounds,
    details: { bytes: file.length },
  });
  await preparers.close();
}
clearInterval(alive);
