import { describe, expect, it } from '@jest/globals';
import type { OnnxNode } from '@touchstone/testing';
import { compiled, refusalOf, type TestGraph } from '../test/one-node.js';
import { AffineSums, constantAffine } from './compile/affine.js';
import { ADDITIONS_MAX, TERMS_MAX } from './limits.js';

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
