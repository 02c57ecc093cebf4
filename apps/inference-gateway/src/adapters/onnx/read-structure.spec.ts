import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  field,
  floatField,
  join,
  linearClassifier,
  onnxModel,
  onnxTensor,
  varint,
} from '@touchstone/testing';
import { readFields } from '@touchstone/onnx';
import { onDisk } from '../../../test/support/model-on-disk.js';
import { inspectOnnx } from './inspect-onnx.js';
import { readOnnxMetadata } from './onnx-metadata.js';
import { ONNX_FIELDS_MAX, ONNX_STRUCTURE_BYTES_MAX, readStructure } from './read-structure.js';

const read = (bytes: Uint8Array) => readStructure(onDisk(bytes).path);
const refusal = async (bytes: Uint8Array) =>
  read(bytes).then(
    () => 'taken',
    (error: Error) => error.message,
  );
const head = (number: number, length: number) => join(varint(number * 8 + 2), varint(length));

/** Fields of a message as numbers with what they hold, messages on the given way opened. */
const fieldsOf = (bytes: Uint8Array): [number, string][] =>
  [...readFields(bytes)].map(({ number, bytes: contents }) => [
    number,
    Buffer.from(contents).toString('hex'),
  ]);

describe('the structure of a model', () => {
  it('is the model without the contents of its tensors', async () => {
    const model = onnxModel({
      inputs: [{ name: 'x', shape: [1] }],
      outputs: [{ name: 'y', shape: [1] }],
      nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
      initializers: [onnxTensor('w', [2, 3], [1, 2, 3, 4, 5, 6])],
    });
    const { bytes, fileBytes } = await read(model);
    expect(fileBytes).toBe(model.length);
    const graphOf = (message: Uint8Array) =>
      [...readFields(message)].find(({ number }) => number === 7)?.bytes as Uint8Array;
    const tensorOf = (message: Uint8Array) =>
      [...readFields(graphOf(message))].find(({ number }) => number === 5)?.bytes as Uint8Array;
    const weights = new Set([4, 5, 6, 7, 9, 10, 11]);
    const whole = fieldsOf(tensorOf(model));
    expect(fieldsOf(tensorOf(bytes))).toEqual(whole.filter(([number]) => !weights.has(number)));
    expect(whole.some(([number]) => weights.has(number))).toBe(true);
    const others = (message: Uint8Array) =>
      fieldsOf(graphOf(message)).filter(([number]) => ![1, 5].includes(number));
    expect(others(bytes)).toEqual(others(model));
    expect(() => inspectOnnx({ bytes, fileBytes, head: new Uint8Array() })).not.toThrow();
  });

  it('has the metadata, whatever stands before and behind them', async () => {
    const entry = (key: string, value: string) => field(14, join(field(1, key), field(2, value)));
    const model = linearClassifier([[1]], [0]);
    const { bytes } = await read(join(entry('a', 'x'.repeat(200_000)), model, entry('b', '2')));
    expect([...readOnnxMetadata(bytes)].map(([key, value]) => [key, value.length])).toEqual([
      ['a', 200_000],
      ['b', 1],
    ]);
  });

  it('is read at every length of a good file, or refused', async () => {
    const good = linearClassifier([[1, 2]], [0, 0]);
    const outcomes = new Set<string>();
    for (let length = 0; length <= good.length; length += 1) {
      const ours = await refusal(good.subarray(0, length));
      outcomes.add(ours === 'taken' ? ours : 'refused');
      if (ours !== 'taken') expect(ours).toContain('not a well-formed ONNX file');
    }
    expect(outcomes).toEqual(new Set(['taken', 'refused']));
  });

  it.each<[string, Uint8Array, string]>([
    ['a tensor longer than its graph', join(head(7, 4), head(5, 100), new Uint8Array(200)), 'longer than'],
    ['a length of exabytes', join(head(7, 2 ** 52), new Uint8Array(9)), 'longer than the file'],
    ['weights of exabytes', field(7, field(5, join(head(9, 2 ** 52), new Uint8Array(9)))), 'longer than'],
    ['a group', varint(8 + 3), 'has the wire type 3'],
    ['the number 0', varint(0), 'has the number 0'],
    ['a number of eleven bytes', join(varint(8), new Uint8Array(10).fill(0x80), varint(1)), 'ten bytes'],
    [
      'a number that its message cuts off',
      join(head(7, 2), varint(8), Uint8Array.of(0x80)),
      'inside a number',
    ],
    ['a float that is cut off', field(7, Uint8Array.of(8 + 5, 1, 2)), 'longer than the file'],
  ])('refuses %s', async (_name, bytes, why) => {
    expect(await refusal(bytes)).toContain(why);
  });

  it('is read of a file of gigabytes within a moment, without its weights in memory', async () => {
    const { path } = onDisk(new Uint8Array());
    const raw = 4_000_000_000;
    const tensor = join(field(1, 1_000_000_000), field(2, 1), field(8, 'w'), head(9, raw));
    const graph = head(5, tensor.length + raw);
    const start = join(head(7, graph.length + tensor.length + raw), graph, tensor);
    const file = openSync(path, 'r+');
    writeSync(file, start);
    ftruncateSync(file, start.length + raw);
    closeSync(file);
    const [before, startedMs] = [process.memoryUsage().rss, performance.now()];
    const structure = await readStructure(path);
    expect(structure.fileBytes).toBe(start.length + raw);
    expect(structure.bytes.length).toBeLessThan(100);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(67_108_864);
  });

  it('has ONNX_STRUCTURE_BYTES_MAX, not one byte more', async () => {
    const text = (bytes: number) => join(head(6, bytes), new Uint8Array(bytes));
    const rest = ONNX_STRUCTURE_BYTES_MAX - head(6, ONNX_STRUCTURE_BYTES_MAX).length;
    const { bytes } = await read(text(rest));
    expect(bytes.length).toBe(ONNX_STRUCTURE_BYTES_MAX);
    expect(await refusal(text(rest + 1))).toContain(`more than ${ONNX_STRUCTURE_BYTES_MAX} bytes`);
  });

  it('has ONNX_FIELDS_MAX, not one more, and lists of numbers count', async () => {
    // Model, graph, node and attribute are a field each, but for the model itself.
    const floats = (count: number) => {
      const one = floatField(7, 1);
      const list = Buffer.alloc(count * one.length, one);
      const attribute = join(head(5, list.length), list);
      const node = join(head(1, attribute.length), attribute);
      return join(head(7, node.length), node);
    };
    expect(await refusal(floats(ONNX_FIELDS_MAX - 3))).toBe('taken');
    expect(await refusal(floats(ONNX_FIELDS_MAX - 2))).toContain(`more than ${ONNX_FIELDS_MAX} fields`);
  }, 60_000);
});
