import { readFileSync } from 'node:fs';
import type { Verdict } from '../src/index.js';

/** What is judged together; a case may hold anything in its places. */
export interface ProofCase {
  readonly vk: unknown;
  readonly publicSignals: unknown;
  readonly proof: unknown;
}

/** A valid proof, with the digest of its key under a descriptor. */
export interface CircuitVector extends ProofCase {
  readonly vk: { readonly nPublic: number; readonly IC: readonly unknown[] };
  readonly publicSignals: readonly string[];
  readonly proof: Readonly<Record<string, unknown>>;
  readonly descriptor: string;
  readonly vkDigest: string;
}

interface NamedCase extends ProofCase {
  readonly name: string;
  readonly expected: Verdict;
}

interface CaseFile {
  readonly valid: ProofCase;
  readonly cases: readonly (Partial<ProofCase> & Pick<NamedCase, 'name' | 'expected'>)[];
}

/** A file of libs/groth16/vectors. */
export const readVector = <Vector>(name: string): Vector =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as Vector;

export const circuits = ['product', 'cube', 'linear-33', 'linear-795'] as const;

/** Every vector with its verdict: the circuits, and the cases with the members that they leave as they are. */
export function allCases(): NamedCase[] {
  const { valid, cases } = readVector<CaseFile>('cases');
  return [
    ...circuits.map((name) => ({ ...readVector<CircuitVector & { expected: Verdict }>(name), name })),
    ...cases.map((each) => ({ ...valid, ...each })),
  ];
}
