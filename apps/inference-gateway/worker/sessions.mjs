// Loads ONNX models and runs them, for a worker thread of the gateway and for that of a sandbox. Plain JavaScript,
// because a worker thread is started by Node alone, in tests as well as from dist.
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sessionOptions } from './session-options.mjs';

// Where the engine has a Float16Array (Node 23 and later), onnxruntime-common makes one of the bits of a float16
// tensor, and the native side of 1.30.0 reads nothing from it. It looks for the class when the first tensor is made, so
// a thread without it hands the bits over as they are, on every Node.
delete globalThis.Float16Array;

const arrays = {
  bool: Uint8Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
};
const sessions = new Map();

const describe = (metadata) =>
  metadata.map(({ name, isTensor, type, shape }) => ({
    name,
    type: isTensor ? type : 'no tensor',
    dims: isTensor ? shape.map((size) => (typeof size === 'number' ? size : -1)) : [],
  }));

/** The runtime reads the file itself; its words must not tell anybody where that lies. */
const create = (path) =>
  InferenceSession.create(path, sessionOptions).catch((error) => {
    throw new Error(String(error?.message ?? error).replaceAll(path, 'the file'));
  });

async function load({ key, path }) {
  const session = await create(path);
  sessions.set(key, session);
  return {
    description: { inputs: describe(session.inputMetadata), outputs: describe(session.outputMetadata) },
  };
}

async function run(session, feeds) {
  const tensors = Object.fromEntries(
    feeds.map(({ name, type, dims, data }) => [name, new Tensor(type, new arrays[type](data), dims)]),
  );
  const started = performance.now();
  const results = await session.run(tensors);
  const milliseconds = performance.now() - started;
  const outputs = session.outputNames.map((name) => {
    const { type, dims, data } = results[name];
    // A copy of its own, because the runtime may keep the memory behind the tensor.
    const copy = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice().buffer;
    return { name, type, dims: [...dims], data: copy };
  });
  return { ok: true, outputs, milliseconds };
}

const refusal = (error) => ({ ok: false, message: error instanceof Error ? error.message : String(error) });

async function runAll({ key, runs }) {
  const session = sessions.get(key);
  const answers = [];
  for (const feeds of runs) answers.push(await run(session, feeds).catch(refusal));
  return { runs: answers };
}

/**
 * Asked:    {id, kind: 'load', key, path}  or  {id, kind: 'run', key, runs: [[{name, type, dims, data}]]}
 * Answered: {id, ok: true, description} or {id, ok: true, runs} or {id, ok: false, message}
 * where each of runs is {ok: true, outputs, milliseconds} or {ok: false, message}
 */
export async function answerTo(job) {
  try {
    return { id: job.id, ok: true, ...(await (job.kind === 'load' ? load(job) : runAll(job))) };
  } catch (error) {
    return { id: job.id, ...refusal(error) };
  }
}

/** The buffers of all tensors of an answer, in order. */
export const tensorsOf = ({ runs = [] }) =>
  runs.flatMap(({ outputs }) => (outputs ?? []).map(({ data }) => data));
