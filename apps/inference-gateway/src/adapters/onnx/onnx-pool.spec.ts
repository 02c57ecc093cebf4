import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeTensor, encodeTensor } from '@touchstone/evidence';
import { readFileSync } from 'node:fs';
import {
  heldOutRow,
  modelsFolder,
  sampleModels,
  withVersionId,
  noPreparers,
} from '../../../test/support/sample-models.js';
import type { Model } from '../../domain/model/model.js';
import { readInputs } from '../../domain/request/read-inputs.js';
import { checkDeclaration } from './check-declaration.js';
import { INFERENCE_QUEUE_MAX } from '../../domain/inference/model-runner.js';
import { loadableOf } from '../../../test/support/model-on-disk.js';
import { OnnxPool, type OnnxPoolOptions } from './onnx-pool.js';

const hangingScript = new URL('../../../test/support/hanging-worker.mjs', import.meta.url);
let models: ReadonlyMap<string, Model>;
const pools: OnnxPool[] = [];

function pool(options: Partial<OnnxPoolOptions> = {}): OnnxPool {
  const made = new OnnxPool({ workers: 1, ...options });
  pools.push(made);
  return made;
}

function model(id: string): Model {
  const found = models.get(id);
  if (!found) throw new Error(`no model ${id}`);
  return found;
}

const some = (() => {
  const encoded = encodeTensor({ name: 'x', datatype: 'FP32', shape: [1], data: [1] });
  if (!encoded.ok) throw new Error(encoded.error.detail);
  return [encoded.value];
})();

beforeAll(async () => {
  models = await sampleModels();
});

afterEach(async () => {
  await Promise.all(pools.splice(0).map((made) => made.close()));
});

describe('OnnxPool with the sample models', () => {
  it.each(['digits', 'digits-conv', 'breast-cancer', 'financial-sentiment'])(
    'finds %s declared as its manifest says',
    async (id) => {
      const described = await pool().describe(model(id));
      expect(() => checkDeclaration(model(id), described)).not.toThrow();
    },
  );

  it.each(['digits', 'digits-conv', 'breast-cancer'])(
    'answers a held-out row of %s with its label',
    async (id) => {
      const row = heldOutRow(id);
      const [spec] = model(id).manifest.inputs;
      const request = {
        inputs: [
          {
            name: spec?.name ?? '',
            datatype: 'FP32' as const,
            shape: [1, row.values.length],
            data: row.values,
          },
        ],
      };
      const run = await pool().run(model(id), await readInputs(model(id), request, noPreparers));
      const [output] = run.outputs;
      const decoded = output ? decodeTensor(output) : undefined;
      const scores = decoded?.ok ? decoded.value.map(Number) : [];
      expect(scores.indexOf(Math.max(...scores))).toBe(row.label);
      expect(run.milliseconds).toBeGreaterThan(0);
    },
  );

  it('scores every golden text as the reference does', async () => {
    const sentiment = model('financial-sentiment');
    const text = readFileSync(`${modelsFolder}financial-sentiment/tokenizer-cases.json`, 'utf8');
    const { cases } = JSON.parse(text) as { cases: { text: string; score?: number; label?: string }[] };
    const running = pool();
    for (const { text: input, score, label } of cases.filter((entry) => entry.score !== undefined)) {
      const { outputs } = await running.run(
        sentiment,
        await readInputs(sentiment, { text: input }, noPreparers),
      );
      const [scored, labelled] = outputs.map((tensor) => {
        const decoded = decodeTensor(tensor);
        return decoded.ok ? decoded.value : [];
      });
      expect(scored?.[0]).toBe(score);
      const labels = sentiment.manifest.outputs[1]?.labels ?? [];
      expect(labels[labelled?.indexOf(1) ?? -1]).toBe(label);
    }
  });

  it('gives the same bits for the same input from every worker', async () => {
    const several = pool({ workers: 2 });
    const inputs = await readInputs(model('financial-sentiment'), { text: 'profit and loss' }, noPreparers);
    const runs = await Promise.all(
      Array.from({ length: 20 }, () => several.run(model('financial-sentiment'), inputs)),
    );
    expect(new Set(runs.map(({ outputs }) => JSON.stringify(outputs))).size).toBe(1);
  });

  it('refuses a file that is no ONNX model', async () => {
    const broken = loadableOf('broken', Uint8Array.of(1, 2, 3));
    await expect(pool().describe(broken)).rejects.toMatchObject({ code: 'inference-failed' });
  });
});

describe('OnnxPool under load and failure', () => {
  it('replaces a worker whose run takes too long, and goes on', async () => {
    const watched = pool({ script: hangingScript, timeoutMs: 2_000 });
    const hanging = withVersionId(models.get('digits'), 'hang');
    await expect(watched.run(hanging, some)).rejects.toMatchObject({ code: 'timeout' });
    const next = await watched.run(withVersionId(models.get('digits'), 'fine'), some);
    expect(next.outputs).toEqual(some);
  });

  it('replaces a worker that ends, and goes on', async () => {
    const watched = pool({ script: hangingScript });
    const ending = withVersionId(models.get('digits'), 'exit');
    await expect(watched.run(ending, some)).rejects.toMatchObject({ code: 'inference-failed' });
    await expect(watched.run(withVersionId(models.get('digits'), 'fine'), some)).resolves.toBeDefined();
  });

  it('lets queueMax runs wait and refuses one more', async () => {
    const small = pool({ script: hangingScript, queueMax: 2 });
    const slow = withVersionId(models.get('digits'), 'slow');
    const accepted = [small.run(slow, some), small.run(slow, some), small.run(slow, some)];
    expect(small.queued).toBe(2);
    await expect(small.run(slow, some)).rejects.toMatchObject({ code: 'queue-full', retryAfterSeconds: 1 });
    await expect(Promise.all(accepted)).resolves.toHaveLength(3);
  });

  it('lets INFERENCE_QUEUE_MAX runs wait when nothing else is said, and refuses one more', async () => {
    const busy = pool({ script: hangingScript });
    const quick = withVersionId(models.get('digits'), 'fine');
    await busy.run(quick, some);
    const accepted = [busy.run(withVersionId(models.get('digits'), 'slow'), some)];
    for (let count = 0; count < INFERENCE_QUEUE_MAX; count += 1) accepted.push(busy.run(quick, some));
    expect(busy.queued).toBe(INFERENCE_QUEUE_MAX);
    await expect(busy.run(quick, some)).rejects.toMatchObject({ code: 'queue-full' });
    await expect(Promise.all(accepted)).resolves.toHaveLength(INFERENCE_QUEUE_MAX + 1);
    await expect(busy.run(quick, some)).resolves.toBeDefined();
  });

  it('hands short runs that wait to a worker in one message', async () => {
    const watched = pool({ script: hangingScript });
    const quick = withVersionId(models.get('digits'), 'fine');
    await watched.run(quick, some);
    const runs = await Promise.all(Array.from({ length: 5 }, () => watched.run(quick, some)));
    // The worker of this test answers with the number of runs in the message.
    expect(runs.map(({ milliseconds }) => milliseconds * 100)).toEqual([5, 5, 5, 5, 5]);
    expect(runs.map(({ outputs }) => outputs)).toEqual(runs.map(() => some));
  });

  it('counts runs that share a message as waiting each', async () => {
    const small = pool({ script: hangingScript, queueMax: 2 });
    const quick = withVersionId(models.get('digits'), 'fine');
    await small.run(quick, some);
    const slow = small.run(withVersionId(models.get('digits'), 'slow'), some);
    const waiting = [small.run(quick, some), small.run(quick, some)];
    expect(small.queued).toBe(2);
    await expect(small.run(quick, some)).rejects.toMatchObject({ code: 'queue-full' });
    await expect(Promise.all([slow, ...waiting])).resolves.toHaveLength(3);
    expect(small.queued).toBe(0);
  });

  it('does not let a run that hangs fail those that shared its message', async () => {
    // Long enough for a new worker to start on a busy machine.
    const watched = pool({ script: hangingScript, timeoutMs: 3_000 });
    const quick = withVersionId(models.get('digits'), 'fine');
    await watched.run(quick, some);
    const poison = some.map((tensor) => ({ ...tensor, name: 'poison' }));
    const results = await Promise.allSettled(
      [some, poison, some].map((inputs) => watched.run(quick, inputs)),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: { code: 'timeout' } });
  });

  it('refuses what waits when it closes', async () => {
    const closing = pool({ script: hangingScript });
    const runs = [0, 1].map(() => closing.run(withVersionId(models.get('digits'), 'hang'), some));
    setTimeout(() => void closing.close(), 50);
    const results = await Promise.allSettled(runs);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(closing.run(withVersionId(models.get('digits'), 'fine'), some)).rejects.toMatchObject({
      code: 'dependency-unavailable',
    });
  });

  it('does not block the thread that answers requests', async () => {
    const watched = pool({ script: hangingScript });
    const run = watched.run(withVersionId(models.get('digits'), 'slow'), some);
    let ticks = 0;
    const ticking = setInterval(() => (ticks += 1), 5);
    await run;
    clearInterval(ticking);
    expect(ticks).toBeGreaterThan(5);
  });
});
