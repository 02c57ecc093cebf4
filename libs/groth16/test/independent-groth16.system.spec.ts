import { describe, expect, it } from '@jest/globals';
import { pythonWithPyEcc, runPython } from '@touchstone/testing';
import { allCases, type CircuitVector, circuits, readVector } from './vectors.js';

const JUDGE = `
import json, sys
sys.path.insert(0, sys.argv[1])
import verify_groth16 as v
for line in sys.stdin:
    case = json.loads(line)
    print(json.dumps(v.judge(case["vk"], case["publicSignals"], case["proof"])))
`;
const DIGEST = `
import json, sys
sys.path.insert(0, sys.argv[1])
import verify_groth16 as v
for line in sys.stdin:
    case = json.loads(line)
    print(json.dumps(v.vk_digest(case["vk"], case["descriptor"])))
`;
const TIMEOUT_MS = 300_000;
const python = pythonWithPyEcc();
const withPython = python === undefined ? it.skip : it;

describe('a verifier that shares no code with ours', () => {
  withPython(
    'says the same of every vector',
    () => {
      const cases = allCases();
      const theirs = runPython(python as string, JUDGE, [], cases);
      const named = cases.map(({ name, expected }, index) => [
        name,
        expected.valid ? 'ok' : expected.code,
        index,
      ]);
      expect(theirs.map((answer, index) => [cases[index]?.name, answer, index])).toEqual(named);
    },
    TIMEOUT_MS,
  );

  withPython('gives keys the same digest', () => {
    const vectors = circuits.map((name) => readVector<CircuitVector>(name));
    expect(runPython(python as string, DIGEST, [], vectors)).toEqual(vectors.map(({ vkDigest }) => vkDigest));
  });
});
