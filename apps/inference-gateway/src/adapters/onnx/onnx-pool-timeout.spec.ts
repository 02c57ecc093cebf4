import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { INFERENCE_TIMEOUT_DEFAULT_MS } from '../../domain/inference/model-runner.js';
import type { LendFile } from '../../domain/model/model-files.js';
import { LOADED_BYTES_PER_SECOND, OnnxPool } from './onnx-pool.js';
import { RuntimeWorker } from './runtime-worker.js';
import type { WorkerJob } from './worker-messages.js';

/** Nothing that takes no time waits for a timer, which would take a millisecond. */
const after = (ms: number, work: () => void) => (ms === 0 ? work() : void setTimeout(work, ms));

/** A worker that takes its time, in which a test may let hours pass. */
class SlowWorker extends RuntimeWorker {
  constructor(private readonly ms: Readonly<Record<WorkerJob['kind'], number>>) {
    super();
  }

  protected override post(job: WorkerJob & { readonly id: number }): void {
    const answer =
      job.kind === 'load'
        ? { id: job.id, ok: true as const, description: { inputs: [], outputs: [] } }
        : { id: job.id, ok: true as const, runs: [{ ok: true as const, outputs: [], milliseconds: 1 }] };
    after(this.ms[job.kind], () => this.settle(answer));
  }

  protected override kill(): void {
    // There is nothing to stop.
  }

  override async stopped(): Promise<void> {
    return undefined;
  }
}

describe('the time of one run', () => {
  const HALF_MS = INFERENCE_TIMEOUT_DEFAULT_MS / 2;
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  /** A run whose model takes so long to read, to load and to run. */
  const runWith = async (
    ms: { read: number; load: number; run: number; sizeBytes?: number },
    options = {},
  ) => {
    const worker = new SlowWorker(ms);
    const pool = new OnnxPool({ workers: 1, start: () => worker, ...options });
    const withFile: LendFile = async (use) => {
      await new Promise<void>((done) => after(ms.read, done));
      return use('/nowhere');
    };
    const outcome = pool.run({ modelVersionId: 'slow', sizeBytes: ms.sizeBytes ?? 0, withFile }, []).then(
      () => 'answered',
      (error: unknown) => (error as { code?: string }).code,
    );
    await jest.advanceTimersByTimeAsync(ms.read + ms.load + ms.run + 1);
    const { ended } = worker;
    await pool.close();
    return { outcome: await outcome, ended };
  };

  it.each([
    ['a run', { read: 0, load: 0, run: INFERENCE_TIMEOUT_DEFAULT_MS }],
    ['loading and a run together', { read: 0, load: HALF_MS, run: HALF_MS }],
    ['reading and loading', { read: HALF_MS, load: HALF_MS, run: 0 }],
  ])('is INFERENCE_TIMEOUT_DEFAULT_MS: %s may take that, and not more', async (_name, ms) => {
    const last = ms.run > 0 ? 'run' : 'load';
    expect(await runWith({ ...ms, [last]: ms[last] - 1 })).toEqual({ outcome: 'answered', ended: false });
    expect(await runWith({ ...ms, [last]: ms[last] + 1 })).toEqual({ outcome: 'timeout', ended: true });
  });

  it('is over when reading the file took it all, which is no fault of the worker', async () => {
    expect(await runWith({ read: INFERENCE_TIMEOUT_DEFAULT_MS + 1, load: 0, run: 0 })).toEqual({
      outcome: 'timeout',
      ended: false,
    });
  });

  it('is a second longer for each LOADED_BYTES_PER_SECOND of a file that has to be loaded', async () => {
    const ms = { read: HALF_MS, load: HALF_MS, run: 2_000, sizeBytes: 2 * LOADED_BYTES_PER_SECOND };
    expect(await runWith({ ...ms, run: ms.run - 1 })).toMatchObject({ outcome: 'answered' });
    expect(await runWith({ ...ms, run: ms.run + 1 })).toMatchObject({ outcome: 'timeout' });
    const smaller = { ...ms, sizeBytes: ms.sizeBytes - 1 };
    expect(await runWith({ ...smaller, run: 1_001 })).toMatchObject({ outcome: 'timeout' });
  });

  it('is what was configured', async () => {
    const options = { timeoutMs: 100 };
    expect(await runWith({ read: 30, load: 30, run: 39 }, options)).toMatchObject({ outcome: 'answered' });
    expect(await runWith({ read: 30, load: 30, run: 41 }, options)).toMatchObject({ outcome: 'timeout' });
  });
});
