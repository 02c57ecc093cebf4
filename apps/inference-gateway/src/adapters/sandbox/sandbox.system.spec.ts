import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { encodeTensor } from '@touchstone/evidence';
import { linearClassifier, onnxModel, onnxTensor, waitUntil } from '@touchstone/testing';
import { INFERENCE_QUEUE_MAX } from '../../domain/inference/model-runner.js';
import { loadableOf, onDisk } from '../../../test/support/model-on-disk.js';
import type { Loadable } from '../onnx/onnx-pool.js';
import { SANDBOX_TENSOR_BYTES_MAX } from './frames.js';
import { INSPECTIONS_MAX, Sandbox, SANDBOX_PROCESSES_MAX, type SandboxOptions } from './sandbox.js';
import { SANDBOX_FILE_COPIES_MAX, SANDBOX_MEMORY_MAX_BYTES, SandboxProcess } from './sandbox-process.js';

const made: Sandbox[] = [];

function sandbox(options: Partial<SandboxOptions> = {}): Sandbox {
  const started = new Sandbox({ timeoutMs: 5_000, ...options });
  made.push(started);
  return started;
}

afterEach(async () => {
  await Promise.all(made.splice(0).map((started) => started.close()));
});

const loadable = (key: string, file = linearClassifier([[1, 2]], [0, 0])): Loadable => loadableOf(key, file);

/** A model that makes a tensor of so many bytes on its way. */
const wide = (bytes: number) =>
  onnxModel({
    inputs: [{ name: 'features', shape: [1, 1] }],
    outputs: [{ name: 'sum', shape: [1, 1] }],
    initializers: [onnxTensor('shape', [2], [1, bytes / Float32Array.BYTES_PER_ELEMENT], 'INT64')],
    nodes: [
      { op: 'Expand', inputs: ['features', 'shape'], outputs: ['tensor'] },
      { op: 'ReduceSum', inputs: ['tensor'], outputs: ['sum'] },
    ],
  });

const inputs = (() => {
  const encoded = encodeTensor({ name: 'features', datatype: 'FP32', shape: [1, 1], data: [1] });
  if (!encoded.ok) throw new Error(encoded.error.detail);
  return [encoded.value];
})();

/** Processes of this one that run the script of the sandbox. */
function children(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return Number(parent) === process.pid && command.includes('sandbox.mjs');
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Whether a process is there and has not ended. */
function runs(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('Sandbox', () => {
  it('runs each model in a process of its own, and no more processes than it may', async () => {
    const box = sandbox({ processesMax: 2 });
    const models = ['a', 'b', 'c', 'd', 'e'].map((key) => loadable(key));
    const runs = await Promise.all([...models, ...models].map((model) => box.run(model, inputs)));
    expect(new Set(runs.map(({ outputs }) => outputs[0]?.data)).size).toBe(1);
    expect(children().length).toBeLessThanOrEqual(2);
    expect(box.queued).toBe(0);
  });

  it('gives a model a new process after the old one was killed', async () => {
    const box = sandbox();
    await box.run(loadable('a'), inputs);
    const [before] = children();
    process.kill(before ?? 0, 'SIGKILL');
    // The run may meet the process while it dies; the next one does not.
    await box.run(loadable('a'), inputs).catch(() => undefined);
    expect((await box.run(loadable('a'), inputs)).outputs).toHaveLength(1);
    expect(children()).not.toContain(before);
  });

  it('gives its processes none of the environment and a bound on memory', async () => {
    const box = sandbox();
    process.env['SECRET_OF_THE_SERVICE'] = 'hidden';
    await box.run(loadable('a'), inputs);
    delete process.env['SECRET_OF_THE_SERVICE'];
    const [pid] = children();
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('hidden');
    const limits = readFileSync(`/proc/${pid}/limits`, 'utf8');
    const bound = String(SANDBOX_MEMORY_MAX_BYTES);
    expect(limits).toMatch(new RegExp(`^Max data size\\s+${bound}\\s+${bound}`, 'm'));
    expect(limits).toMatch(/^Max file size\s+0\s+0/m);
  });

  it('refuses the run of a model that needs all of SANDBOX_MEMORY_MAX_BYTES, and goes on', async () => {
    const box = sandbox();
    const large = loadable('large', wide(SANDBOX_MEMORY_MAX_BYTES));
    await expect(box.run(large, inputs)).rejects.toMatchObject({ code: 'inference-failed' });
    expect((await box.run(loadable('small'), inputs)).outputs).toHaveLength(1);
  });

  it('runs a model that fits SANDBOX_MEMORY_MAX_BYTES, and not where less is allowed', async () => {
    const bytes = 201_326_592;
    const model = loadable('a', wide(bytes));
    await expect(sandbox({ memoryBytes: bytes }).run(model, inputs)).rejects.toMatchObject({
      code: 'inference-failed',
    });
    expect((await sandbox().run(model, inputs)).outputs).toHaveLength(1);
  });

  it('runs a model that fits SANDBOX_FILE_COPIES_MAX of its file besides, and not one that has less', async () => {
    const bytes = 201_326_592;
    const sized = (sizeBytes: number) => ({ ...loadable('a', wide(bytes)), sizeBytes });
    const box = () => sandbox({ memoryBytes: bytes });
    await expect(box().run(sized(0), inputs)).rejects.toMatchObject({ code: 'inference-failed' });
    const run = box().run(sized(Math.ceil((3 * bytes) / SANDBOX_FILE_COPIES_MAX)), inputs);
    expect((await run).outputs).toHaveLength(1);
  });

  it('takes outputs of SANDBOX_TENSOR_BYTES_MAX and refuses more, without an end of the process', async () => {
    const box = sandbox({ timeoutMs: 30_000 });
    const filled = (elements: number) =>
      onnxModel({
        inputs: [{ name: 'features', shape: [1, 1] }],
        outputs: [{ name: 'tensor', shape: [1, elements] }],
        initializers: [onnxTensor('shape', [2], [1, elements], 'INT64')],
        nodes: [{ op: 'Expand', inputs: ['features', 'shape'], outputs: ['tensor'] }],
      });
    const elements = SANDBOX_TENSOR_BYTES_MAX / Float32Array.BYTES_PER_ELEMENT;
    const whole = await box.run(loadable('whole', filled(elements)), inputs);
    expect(whole.outputs[0]?.shape).toEqual([1, elements]);
    const more = loadable('more', filled(elements + 1));
    await expect(box.run(more, inputs)).rejects.toMatchObject({
      code: 'inference-failed',
      message: expect.stringContaining(`at most ${SANDBOX_TENSOR_BYTES_MAX} are taken`),
    });
    const pids = children();
    await expect(box.run(more, inputs)).rejects.toMatchObject({ code: 'inference-failed' });
    expect(children()).toEqual(pids);
  }, 60_000);

  it('keeps SANDBOX_PROCESSES_MAX processes; one more takes the place of the longest unused', async () => {
    const box = sandbox();
    const keys = Array.from({ length: SANDBOX_PROCESSES_MAX }, (_, index) => `kept-${index}`);
    const started: number[] = [];
    for (const key of keys) {
      await box.run(loadable(key), inputs);
      started.push(...children().filter((pid) => !started.includes(pid)));
    }
    expect(started).toHaveLength(SANDBOX_PROCESSES_MAX);
    const [oldest, ...others] = started;
    await box.run(loadable('one more'), inputs);
    await waitUntil(() => !children().includes(oldest ?? 0));
    expect(children()).toEqual(expect.arrayContaining(others));
    expect(children()).toHaveLength(SANDBOX_PROCESSES_MAX);
  });

  it('lets INFERENCE_QUEUE_MAX runs wait for a process when nothing else is said, and refuses one more', async () => {
    const box = sandbox({ processesMax: 1 });
    const first = box.run(loadable('a'), inputs);
    const waiting = Array.from({ length: INFERENCE_QUEUE_MAX }, () => box.run(loadable('b'), inputs));
    expect(box.queued).toBe(INFERENCE_QUEUE_MAX);
    await expect(box.run(loadable('b'), inputs)).rejects.toMatchObject({ code: 'queue-full' });
    await expect(Promise.all([first, ...waiting])).resolves.toHaveLength(INFERENCE_QUEUE_MAX + 1);
  });

  it('fails the run when its process cannot live with the memory it may have', async () => {
    const box = sandbox({ memoryBytes: 16_777_216, timeoutMs: 2_000 });
    await expect(box.run(loadable('a'), inputs)).rejects.toBeInstanceOf(AppError);
  });

  it('refuses what would wait behind a full queue, and everything once it is closed', async () => {
    const box = sandbox({ processesMax: 1, queueMax: 1 });
    const runs = ['a', 'b', 'c'].map((key) => box.run(loadable(key), inputs));
    const outcomes = await Promise.allSettled(runs);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    await expect(runs[2]).rejects.toMatchObject({ code: 'queue-full' });
    await box.close();
    await expect(box.run(loadable('a'), inputs)).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });

  it('tries INSPECTIONS_MAX models at once, whatever they do; one more waits for its turn', async () => {
    const box = sandbox();
    const model = loadable('trial');
    const order: string[] = [];
    let release: (outcome?: Error) => void = () => undefined;
    const held = new Promise<void>((resolve, reject) => {
      release = (outcome) => (outcome ? reject(outcome) : resolve());
    });
    const first = Array.from({ length: INSPECTIONS_MAX }, (_, index) =>
      box.inspect(0, async (pool) => {
        await pool.describe(model);
        order.push(`first ${index}`);
        await held;
      }),
    );
    const outcomes = Promise.allSettled(first);
    const next = box.inspect(0, async (pool) => {
      order.push('next');
      await pool.describe(model);
    });
    await waitUntil(() => order.length === INSPECTIONS_MAX);
    expect(children()).toHaveLength(INSPECTIONS_MAX);
    expect(order).not.toContain('next');
    release(new Error('a trial that fails gives its turn on, too'));
    await outcomes;
    await next;
    expect(order.at(-1)).toBe('next');
    expect(children()).toEqual([]);
  });

  it('ends with the service, however that ends', async () => {
    const built = new URL('../../../dist/adapters/sandbox/sandbox-process.js', import.meta.url).href;
    const main = `
      const { SandboxProcess } = await import(${JSON.stringify(built)});
      const started = new SandboxProcess();
      await started.ask({ kind: 'load', key: 'a', path: process.argv[1] }, 10_000);
      console.log(String(started.pid));
      setInterval(() => undefined, 1_000);
    `;
    const file = onDisk(linearClassifier([[1]], [0])).path;
    const service = spawn(process.execPath, ['--input-type=module', '-e', main, file]);
    const [line] = (await once(service.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(runs(pid)).toBe(true);
    service.kill('SIGKILL');
    await waitUntil(() => !runs(pid));
  });

  it('ends the process of a model that is forgotten', async () => {
    const box = sandbox();
    await box.run(loadable('a'), inputs);
    await box.forget('a');
    expect(children()).toEqual([]);
  });
});

describe('SandboxProcess', () => {
  it('is gone once it was ended', async () => {
    const started = new SandboxProcess();
    const { pid = 0 } = started;
    await started.ask({ kind: 'load', key: 'a', path: onDisk(linearClassifier([[1]], [0])).path }, 5_000);
    started.end(new Error('over'));
    await started.stopped();
    expect(() => process.kill(pid, 0)).toThrow();
  });
});
