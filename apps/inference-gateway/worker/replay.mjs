// Runs one ONNX model once, for whoever has evidence of an earlier run: the file and the tensors come as JSON on standard input,
// the outputs go as JSON to standard output. It is started with bounds on memory and files, as an added model is.
import { readFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { createRequire } from 'node:module';
import { answerTo } from './sessions.mjs';

const types = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
};
const datatypes = Object.fromEntries(Object.entries(types).map(([datatype, type]) => [type, datatype]));

/** A copy whose bytes begin at an aligned address. */
const bufferOf = (base64) => new Uint8Array(Buffer.from(base64, 'base64')).buffer;

async function ask(job) {
  const answer = await answerTo({ id: 0, key: 'model', ...job });
  if (!answer.ok) throw new Error(answer.message);
  return answer;
}

async function replay({ model, inputs }) {
  await ask({ kind: 'load', bytes: new Uint8Array(readFileSync(model)) });
  const feeds = inputs.map(({ name, datatype, shape, data }) => ({
    name,
    type: types[datatype],
    dims: shape,
    data: bufferOf(data),
  }));
  const { runs } = await ask({ kind: 'run', runs: [feeds] });
  const [run] = runs;
  if (!run.ok) throw new Error(run.message);
  return run.outputs.map(({ name, type, dims, data }) => ({
    name,
    datatype: datatypes[type] ?? type,
    shape: dims,
    data: Buffer.from(data).toString('base64'),
  }));
}

const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json');
const runtime = {
  name: `onnxruntime-node ${version}`,
  processor: `${cpus()[0]?.model ?? 'unknown'} (${platform()}-${arch()})`,
};
try {
  const request = JSON.parse(readFileSync(0, 'utf8'));
  process.stdout.write(JSON.stringify({ ok: true, runtime, outputs: await replay(request) }));
} catch (error) {
  process.stdout.write(
    JSON.stringify({ ok: false, message: error instanceof Error ? error.message : String(error) }),
  );
}
