import { elementBytes } from '@touchstone/evidence';
import { z } from 'zod';
import { MODEL_TENSORS_MAX } from '@touchstone/contracts';
import { datatypeOf } from '../onnx/onnx-types.js';
import type { RunAnswer, WorkerAnswer, WorkerJob, WorkerTensor } from '../onnx/worker-messages.js';
import type { Frame } from './frames.js';

/** Milliseconds by which two processes may count the same time differently. */
const CLOCK_MS = 1;

const declared = z.strictObject({
  name: z.string(),
  type: z.string(),
  dims: z.array(z.int().min(-1)),
});
const output = z.strictObject({
  name: z.string(),
  type: z.string(),
  dims: z.array(z.int().min(0)),
  bytes: z.int().min(0),
});
const failed = z.strictObject({ ok: z.literal(false), message: z.string() });
const ran = z.strictObject({
  ok: z.literal(true),
  outputs: z.array(output).max(MODEL_TENSORS_MAX),
  milliseconds: z.number().min(0),
});
const id = z.int();
const refused = failed.extend({ id });
const description = z.strictObject({ inputs: z.array(declared), outputs: z.array(declared) });
const loaded = z.strictObject({ id, ok: z.literal(true), description });
const runs = z.strictObject({
  id,
  ok: z.literal(true),
  runs: z.array(z.discriminatedUnion('ok', [ran, failed])),
});

/** What a process was asked, and how long ago. */
export interface Asked {
  readonly job: WorkerJob & { readonly id: number };
  readonly elapsedMs: number;
}

/**
 * Reads an answer of a process that may belong to its model: it has to be one to what was asked, and its tensors have
 * the bytes that their shapes ask for.
 *
 * @throws Error that says what is wrong
 */
export function readAnswer({ header, bytes }: Frame, asked: Asked): WorkerAnswer {
  const schema = z.union([asked.job.kind === 'load' ? loaded : runs, refused]);
  const parsed = schema.safeParse(header);
  if (!parsed.success) throw new Error('its answer has another form than what it was asked for');
  const answer = parsed.data;
  if (answer.id !== asked.job.id) throw new Error('it answered something that it was not asked');
  const tensors = new TensorBytes(bytes);
  const read = 'runs' in answer ? { ...answer, runs: readRuns(answer.runs, asked, tensors) } : answer;
  tensors.requireAllTaken();
  return read;
}

function readRuns(
  answers: z.output<typeof runs>['runs'],
  { job, elapsedMs }: Asked,
  tensors: TensorBytes,
): RunAnswer[] {
  const expected = job.kind === 'run' ? job.runs.length : 0;
  if (answers.length !== expected) throw new Error(`it answered ${answers.length} runs of ${expected}`);
  return answers.map((answer) => {
    if (!answer.ok) return answer;
    if (answer.milliseconds > elapsedMs + CLOCK_MS)
      throw new Error('it says that a run took longer than it was waited for');
    return { ...answer, outputs: answer.outputs.map((tensor) => tensors.take(tensor)) };
  });
}

/** Hands out the bytes behind the JSON, tensor after tensor. */
class TensorBytes {
  private taken = 0;

  constructor(private readonly all: Uint8Array) {}

  take({ name, type, dims, bytes }: z.output<typeof output>): WorkerTensor {
    const datatype = datatypeOf(type);
    if (!datatype) throw new Error('an output has a type that is not known');
    const elements = dims.reduce((product, size) => product * size, 1);
    if (elements * elementBytes[datatype] !== bytes || this.taken + bytes > this.all.length)
      throw new Error('an output has other bytes than its shape asks for');
    const start = this.all.byteOffset + this.taken;
    this.taken += bytes;
    // Copied into a buffer of its own, as the tensors of threads are.
    const data = new Uint8Array(bytes);
    data.set(new Uint8Array(this.all.buffer, start, bytes));
    return { name, type, dims, data: data.buffer };
  }

  requireAllTaken(): void {
    if (this.taken !== this.all.length) throw new Error('its answer has bytes that belong to no output');
  }
}
