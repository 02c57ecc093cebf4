import { describe, expect, it } from '@jest/globals';
import { onnxAttribute, type OnnxNode } from '@touchstone/testing';
import { compiled, refusalOf, type TestGraph } from '../test/one-node.js';
import { AffineSums, constantAffine } from './compile/affine.js';
import { Layers } from './compile/layers.js';
import { ADDITIONS_MAX, ELEMENTS_MAX, MODEL_NODES_MAX, OUTPUTS_MAX, TERMS_MAX, WIRES_MAX } from './limits.js';

const refusal = (graph: TestGraph) => refusalOf(() => compiled(graph));
const node = (
  op: string,
  inputs: readonly string[],
  outputs = ['y'],
  ...attributes: Uint8Array[]
): OnnxNode => ({
  ...{ name: 'n', op, inputs, outputs },
  attributes,
});

describe('a graph to its limits and no further', () => {
  it('nodes', () => {
    const chain = (count: number): TestGraph => ({
      shape: [1],
      nodes: Array.from({ length: count }, (_, at) =>
        node('Identity', [at === 0 ? 'x' : `v${at}`], [at === count - 1 ? 'y' : `v${at + 1}`]),
      ),
    });
    expect(refusal(chain(MODEL_NODES_MAX))).toBe('taken');
    expect(refusal(chain(MODEL_NODES_MAX + 1))).toMatch(/the graph has 4097 nodes, more than 4096/);
  });

  it('wires of inputs', () => {
    const image = (size: number) => ({ shape: [1, 1, 1, size], nodes: [node('GlobalAveragePool', ['x'])] });
    expect(refusal(image(WIRES_MAX))).toBe('taken');
    expect(refusal(image(WIRES_MAX + 1))).toMatch(/the input "x" brings inputs and activations above 65536/);
  });

  it('wires of activations', () => {
    const image = (size: number) => ({
      shape: [1, 1, 1, size],
      nodes: [node('Relu', ['x'], ['r']), node('GlobalAveragePool', ['r'])],
    });
    expect(refusal(image(WIRES_MAX / 2))).toBe('taken');
    expect(refusal(image(WIRES_MAX / 2 + 1))).toMatch(
      /GlobalAveragePool "n" brings inputs and activations above 65536/,
    );
  });

  it('outputs', () => {
    const graph = (size: number) => ({ shape: [size], nodes: [node('Identity', ['x'])] });
    expect(refusal(graph(OUTPUTS_MAX))).toBe('taken');
    expect(refusal(graph(OUTPUTS_MAX + 1))).toMatch(/the graph has 1025 outputs, more than 1024/);
  });

  it('elements of all tensors', () => {
    const layers = new Layers();
    layers.claim('a', ELEMENTS_MAX - 1);
    layers.claim('b', 1);
    expect(refusalOf(() => layers.claim('c', 1))).toMatch(
      /c brings the elements of all tensors above 524288/,
    );
  });
});

describe('a small file that stands for much', () => {
  const column = { c: [[300_000, 1], Array<number>(300_000).fill(1)] } as const;
  const row = { c: [[1, 60_000], Array<number>(60_000).fill(1)] } as const;
  const one = { w: [[60_000, 1, 1, 1], Array<number>(60_000).fill(1)] } as const;

  it.each<[string, TestGraph]>([
    [
      'a sum of a row and a column',
      { shape: [1, 60_000], constants: column, nodes: [node('Add', ['x', 'c'])] },
    ],
    ['an outer product', { shape: [60_000, 1], constants: row, nodes: [node('MatMul', ['x', 'c'])] }],
    ['an outer product by Gemm', { shape: [60_000, 1], constants: row, nodes: [node('Gemm', ['x', 'c'])] }],
    [
      'as many filters as pixels',
      { shape: [1, 1, 200, 300], constants: one, nodes: [node('Conv', ['x', 'w'])] },
    ],
    ['an input of 2^53 elements', { shape: [2 ** 53 - 1], nodes: [node('Relu', ['x'])] }],
    [
      'inputs whose elements are beyond all numbers',
      { shape: Array<number>(8).fill(2 ** 53 - 1), nodes: [node('Relu', ['x'])] },
    ],
    [
      'sums of sums',
      {
        shape: [60_000],
        nodes: Array.from({ length: 1_000 }, (_, at) =>
          node('Add', at === 0 ? ['x', 'x'] : [`v${at}`, `v${at}`], [at === 999 ? 'y' : `v${at + 1}`]),
        ),
      },
    ],
    [
      'means of means',
      {
        shape: [1, 1, 250, 250],
        nodes: Array.from({ length: 4 }, (_, at) =>
          node(
            'AveragePool',
            [at === 0 ? 'x' : `v${at}`],
            [at === 3 ? 'y' : `v${at + 1}`],
            onnxAttribute('kernel_shape', { ints: [30, 30] }),
          ),
        ),
      },
    ],
  ])('is refused: %s', (_name, graph) => {
    expect(refusal(graph)).toMatch(/above (65536|524288)|more than 16777216 additions/);
  });
});

describe('a graph of millions of products to its limits and no further', () => {
  it('products', () => {
    const [inner, outer] = [4_097, 1_024];
    const matrix = (products: number) => {
      const weights = Array.from({ length: inner * outer }, (_, at) => (at < products ? 1 : 0));
      return {
        shape: [1, inner],
        constants: { w: [[inner, outer], weights] as const },
        nodes: [node('MatMul', ['x', 'w'])],
      };
    };
    expect(refusal(matrix(TERMS_MAX))).toBe('taken');
    expect(refusal(matrix(TERMS_MAX + 1))).toMatch(
      /the output "y" brings the products of the model above 4194304/,
    );
  }, 120_000);

  it('additions', () => {
    const sums = new AffineSums(1);
    const constant = constantAffine(1);
    for (let count = 0; count < ADDITIONS_MAX; count += 2) {
      sums.add(constant, 0);
      sums.scaled(constant, 2);
    }
    expect(refusalOf(() => sums.add(constant, 0))).toMatch(/the graph needs more than 16777216 additions/);
    expect(refusalOf(() => sums.scaled(constant, 1))).toMatch(/additions/);
  });
});
