import { afterEach, describe, expect, it } from '@jest/globals';
import { encodeTensor } from '@touchstone/evidence';
import { linearClassifier, waitUntil } from '@touchstone/testing';
import { fileURLToPath } from 'node:url';
import { loadableOf, onDisk } from '../../../test/support/model-on-disk.js';
import { inspectModel } from './inspect-model.js';
import { Sandbox } from './sandbox.js';
import { SandboxProcess } from './sandbox-process.js';

const script = fileURLToPath(new URL('../../../test/support/hostile-sandbox.mjs', import.meta.url));
const TIMEOUT_MS = 3_000;
const RESIDENT_GROWTH_MAX_BYTES = 134_217_728;
const file = onDisk(linearClassifier([[1]], [0]));

/** What the process of a model does, and what is said of it; all are told when the model runs. */
const deeds: [deed: string, detail: string][] = [
  ['null', 'its answer has another form than what it was asked for'],
  ['number', 'another form'],
  ['text', 'another form'],
  ['an array', 'another form'],
  ['no JSON', 'its answer is no JSON'],
  ['no UTF-8', 'its answer is no JSON'],
  ['deep JSON', 'its answer is no JSON'],
  ['a wrong id', 'it answered something that it was not asked'],
  ['an id that is text', 'another form'],
  ['an unknown member', 'another form'],
  ['a prototype', 'another form'],
  ['a message that is an object', 'another form'],
  ['a description instead of runs', 'another form'],
  ['no run', 'it answered 0 runs of 1'],
  ['more runs than were asked', 'it answered 2 runs of 1'],
  ['too few bytes', 'an output has other bytes than its shape asks for'],
  ['bytes that belong to nothing', 'its answer has bytes that belong to no output'],
  ['another shape than its bytes', 'other bytes than its shape'],
  ['a negative size', 'another form'],
  ['half an element', 'another form'],
  ['an unknown type', 'an output has a type that is not known'],
  ['too many outputs', 'another form'],
  ['a run of a year', 'it says that a run took longer than it was waited for'],
  ['a time that is none', 'another form'],
  ['two answers', 'it sent more than one answer'],
  ['bytes of V8', 'it announced an answer of'],
  ['four gigabytes of JSON', 'it announced an answer of 4294967295 and 0 bytes'],
  ['four gigabytes of tensors', 'it announced an answer of 2 and 4294967295 bytes'],
  ['bytes without end', 'it sent more than one answer'],
];

describe('a process that its model owns', () => {
  const made: SandboxProcess[] = [];
  const boxes: Sandbox[] = [];
  afterEach(async () => {
    for (const started of made.splice(0)) started.end(new Error('over'));
    await Promise.all(boxes.splice(0).map((box) => box.close()));
  });
  const start = () => {
    const started = new SandboxProcess({ script });
    made.push(started);
    return started;
  };
  const sandbox = (options = {}) => {
    const box = new Sandbox({ timeoutMs: TIMEOUT_MS, script, ...options });
    boxes.push(box);
    return box;
  };
  const expectGone = async (started: SandboxProcess) => {
    await started.stopped();
    expect(started.ended).toBe(true);
    expect(() => process.kill(started.pid ?? 0, 0)).toThrow('ESRCH');
  };

  it.each(deeds)('is killed when it answers with %s, and its run fails', async (deed, detail) => {
    const started = start();
    const before = process.memoryUsage().rss;
    await started.ask({ kind: 'load', key: deed, path: file.path }, TIMEOUT_MS);
    await expect(started.ask({ kind: 'run', key: deed, runs: [[]] }, TIMEOUT_MS)).rejects.toMatchObject({
      code: 'inference-failed',
      message: expect.stringContaining(detail),
    });
    await expectGone(started);
    expect(process.memoryUsage().rss - before).toBeLessThan(RESIDENT_GROWTH_MAX_BYTES);
  });

  it.each(['silence', 'an answer that does not end'])('is killed in time for %s', async (deed) => {
    const started = start();
    await started.ask({ kind: 'load', key: deed, path: file.path }, TIMEOUT_MS);
    await expect(started.ask({ kind: 'run', key: deed, runs: [[]] }, 200)).rejects.toMatchObject({
      code: 'timeout',
    });
    await expectGone(started);
  });

  it('fails its run when it ends by itself', async () => {
    const started = start();
    await started.ask({ kind: 'load', key: 'its end', path: file.path }, TIMEOUT_MS);
    await expect(started.ask({ kind: 'run', key: 'its end', runs: [[]] }, TIMEOUT_MS)).rejects.toMatchObject({
      code: 'inference-failed',
    });
    await expectGone(started);
  });

  it.each(['a description of null', 'runs instead of a description'])(
    'is killed when it answers a file with %s',
    async (deed) => {
      const started = start();
      await expect(
        started.ask({ kind: 'load', key: deed, path: file.path }, TIMEOUT_MS),
      ).rejects.toMatchObject({
        code: 'inference-failed',
        message: expect.stringContaining('another form'),
      });
      await expectGone(started);
    },
  );

  it('is killed when it speaks without being asked', async () => {
    const started = start();
    await started
      .ask({ kind: 'load', key: 'the unasked', path: file.path }, TIMEOUT_MS)
      .catch(() => undefined);
    await waitUntil(() => started.ended);
    await expectGone(started);
  });

  it('fails the request of its model alone: others go on, and it gets a new process', async () => {
    const box = sandbox();
    const model = (key: string) => loadableOf(key, linearClassifier([[1]], [0]));
    for (const key of ['null', 'bytes without end', 'null'])
      await expect(box.run(model(key), [])).rejects.toMatchObject({ code: 'inference-failed' });
    const encoded = encodeTensor({ name: 'features', datatype: 'FP32', shape: [1, 1], data: [1] });
    if (!encoded.ok) throw new Error(encoded.error.detail);
    const good = new Sandbox({ timeoutMs: 5_000 });
    boxes.push(good);
    expect((await good.run(model('good'), [encoded.value])).outputs).toHaveLength(1);
  });

  it('has its file refused when it does so at the trial', async () => {
    await expect(inspectModel(sandbox(), file)).rejects.toMatchObject({
      code: 'model-invalid',
      message: expect.stringContaining('has 0 outputs'),
    });
  });
});
