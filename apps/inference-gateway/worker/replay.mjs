// Runs one ONNX model, for whoever has evidence of earlier runs or compares it with another: the file and the tensors of each run come
// as JSON on standard input, the outputs of each go as JSON to standard output. It is started with bounds on memory and files, as an added model is.
import { readFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { createRequire } from 'node:module';
import { answerTo } from './sessions.mjs';

/** The names of the Open Inference Protocol and of the runtime differ in case and in that of the floats. */
const typeOf = (datatype) => datatype.toLowerCase().replace(/^fp/, 'float');
const datatypeOf = (type) => type.toUpperCase().replace(/^FLOAT/, 'FP');

/** A copy whose bytes begin at an aligned address. */
const bufferOf = (base64) => new Uint8Array(Buffer.from(base64, 'base64')).buffer;

async function ask(job) {
  const answer = await answerTo({ id: 0, key: 'model', ...job });
  if (!answer.ok) throw new Error(answer.message);
  return answer;
}

const feedsOf = (inputs) =>
  inputs.map(({ name, datatype, shape, data }) => ({
    name,
    type: typeOf(datatype),
    dims: shape,
    data: bufferOf(data),
  }));

async function outputsOf(inputs) {
  const { runs } = await ask({ kind: 'run', runs: [feedsOf(inputs)] });
  const [run] = runs;
  if (!run.ok) throw new Error(run.message);
  return run.outputs.map(({ name, type, dims, data }) => ({
    name,
    datatype: datatypeOf(type),
    shape: dims,
    data: Buffer.from(data).toString('base64'),
  }));
}

async function replay({ model, runs }) {
  await ask({ kind: 'load', path: model });
  const outputs = [];
  for (const inputs of runs) outputs.push(await outputsOf(inputs));
  return outputs;
}

const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json');
const runtime = {
  name: `onnxruntime-node ${version}`,
  processor: `${cpus()[0]?.model ?? 'unknown'} (${platform()}-${arch()})`,
};
try {
  const request = JSON.parse(readFileSync(0, 'utf8'));
  process.stdout.write(JSON.stringify({ ok: true, runtime, runs: await replay(request) }));
} catch (error) {
  process.stdout.write(
    JSON.stringify({ ok: false, message: error instanceof Error ? error.message : String(error) }),
  );
}
