import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { LARGEST_EVENT_BYTES } from '@touchstone/contracts';
import type { ModelCircuit } from '@touchstone/contracts/circuit';
import { modelsFolder } from '../../../test/support/sample-models.js';
import { folderManifest } from '../../domain/model/manifest.js';
import {
  CIRCUIT_BYTES_MAX,
  DEVIATION_BYTES_MAX,
  loadCircuit,
  loadDeviation,
  requirePublishable,
} from './load-circuit.js';

const read = (name: string): Uint8Array => readFileSync(join(modelsFolder, 'digits-int', name));
const json = (name: string): unknown => JSON.parse(new TextDecoder().decode(read(name)));
const manifest = folderManifest.parse(json('model.json'));
const circuit = json('circuit.json') as ModelCircuit;

const load = (changed: object = circuit, declared: object = {}) =>
  loadCircuit(
    { ...manifest, ...declared },
    read('model.onnx'),
    new TextEncoder().encode(JSON.stringify(changed)),
  );
const withDescriptor = (change: object) => ({ ...circuit, descriptor: { ...circuit.descriptor, ...change } });
const refusal = (text: string) =>
  expect.objectContaining({ code: 'model-invalid', message: expect.stringContaining(text) });

describe('the circuit of a model', () => {
  it('is compiled again from the file, and known by the digest that its transcript states', () => {
    const { vkDigest } = json('set-up.json') as { vkDigest: string };
    expect(load()).toMatchObject({ vkDigest, setup: 'single-party', descriptor: circuit.descriptor });
  });

  it.each([
    [
      'another scale of an input',
      withDescriptor({ inputs: [{ ...circuit.descriptor.inputs[0], scaleLog2: [-2] }] }),
    ],
    ['another scale of an activation', withDescriptor({ activations: [-4] })],
    ['an activation more', withDescriptor({ activations: [-5, -5] })],
    ['another number of constraints', withDescriptor({ constraints: 783 })],
    ['another file', withDescriptor({ modelHash: '00'.repeat(32) })],
    ['a compiler that is not this one', withDescriptor({ compiler: 'touchstone-integer/2' })],
  ])('is refused with %s in its descriptor', (_name, changed) => {
    expect(() => load(changed)).toThrow(refusal(''));
  });

  it('is refused with an activation less, which a layer needs', () => {
    expect(() => load(withDescriptor({ activations: [] }))).toThrow(refusal('cannot be proved'));
  });

  it('is refused with a key of another number of signals', () => {
    const { vk } = circuit;
    expect(() => load({ ...circuit, vk: { ...vk, nPublic: 74, IC: vk.IC.slice(1) } })).toThrow(
      refusal('74 public signals, the circuit 75'),
    );
  });

  it('is refused where the manifest declares other tensors', () => {
    const inputs = [{ name: 'pixels', datatype: 'FP32', shape: [1, 64] }];
    expect(() => load(circuit, { inputs })).toThrow(refusal('its manifest has the inputs'));
    const outputs = [{ name: 'logits', datatype: 'INT32', shape: [10] }];
    expect(() => load(circuit, { outputs })).toThrow(refusal('its manifest has the outputs'));
  });

  it.each([
    ['no JSON', '{', 'not strict JSON'],
    ['an unknown member', JSON.stringify({ ...circuit, level: 6 }), 'does not fit its schema'],
    ['more bytes than CIRCUIT_BYTES_MAX', ' '.repeat(CIRCUIT_BYTES_MAX + 1), 'not strict JSON'],
  ])('is refused with %s', (_name, text, why) => {
    expect(() => loadCircuit(manifest, read('model.onnx'), new TextEncoder().encode(text))).toThrow(
      refusal(why),
    );
  });

  it('is taken with CIRCUIT_BYTES_MAX bytes', () => {
    const text = JSON.stringify(circuit).padEnd(CIRCUIT_BYTES_MAX, ' ');
    expect(loadCircuit(manifest, read('model.onnx'), new TextEncoder().encode(text)).vkDigest).toHaveLength(
      64,
    );
  });

  it('is served, and its proofs are not made where one would not fit into an event', () => {
    const most = LARGEST_EVENT_BYTES['inference-gateway'] as number;
    const { vk, descriptor } = circuit;
    const compiler = (characters: number) => ({ ...descriptor, compiler: 'x'.repeat(characters) });
    const bytes =
      Buffer.byteLength(JSON.stringify({ vk, descriptor: compiler(0) })) + 80 * vk.nPublic + 2_048;
    requirePublishable('digits-int', { vk, descriptor: compiler(most - bytes) });
    expect(() => requirePublishable('digits-int', { vk, descriptor: compiler(most - bytes + 1) })).toThrow(
      refusal(`${most + 1} bytes, and at most ${most} can be given out`),
    );
  });
});

describe('how far a circuit is from the floats of its file', () => {
  const report = json('deviation.json') as Record<string, unknown>;
  const loadReport = (text: string) => loadDeviation(manifest, load(), new TextEncoder().encode(text));

  it('is read as it is, up to DEVIATION_BYTES_MAX bytes', () => {
    expect(loadReport(JSON.stringify(report).padEnd(DEVIATION_BYTES_MAX, ' '))).toEqual(report);
  });

  it.each([
    ['another file', JSON.stringify({ ...report, modelHash: '00'.repeat(32) }), 'it is of the file 0000'],
    [
      'another circuit',
      JSON.stringify({ ...report, vkDigest: '00'.repeat(32) }),
      'it is of the circuit 0000',
    ],
    ['no JSON', '{', 'not strict JSON'],
    ['an unknown member', JSON.stringify({ ...report, praise: 1 }), 'does not fit its schema'],
    ['more bytes than DEVIATION_BYTES_MAX', ' '.repeat(DEVIATION_BYTES_MAX + 1), 'not strict JSON'],
  ])('is refused with %s', (_name, text, why) => {
    expect(() => loadReport(text)).toThrow(refusal(why));
  });
});
