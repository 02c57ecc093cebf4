import { strict as assert } from 'node:assert';
import {
  fromSnarkjsKey,
  fromSnarkjsProof,
  groth16Failures,
  readProof,
  readVerificationKey,
  toSnarkjsKey,
  toSnarkjsProof,
} from '@touchstone/groth16';

const encoder = new TextEncoder();
const g1 = ['1', '2'];
const g2 = [
  ['3', '4'],
  ['5', '0'],
];
const key = {
  ...{ protocol: 'groth16', curve: 'bn128', nPublic: 1, vk_alpha_1: g1 },
  ...{ vk_beta_2: g2, vk_gamma_2: g2, vk_delta_2: g2, IC: [g1, g1] },
};
const proof = { pi_a: g1, pi_b: g2, pi_c: g1 };
const q = '21888242871839275222246405745257275088696311157297823662689037894645226208583';

/** The forms, each with its reader, and for ours the way to that of snarkjs and back. */
const forms = [
  { read: readVerificationKey, there: toSnarkjsKey, back: fromSnarkjsKey, isOurs: true },
  { read: readProof, there: toSnarkjsProof, back: fromSnarkjsProof, isOurs: true },
  { read: fromSnarkjsKey, there: toSnarkjsKey, back: fromSnarkjsKey, isOurs: false },
  { read: fromSnarkjsProof, there: toSnarkjsProof, back: fromSnarkjsProof, isOurs: false },
];

/** What is read is what was written, and nothing throws. Whether points are on their curves is not for the readers to say. */
export const groth16 = {
  name: 'groth16',
  covers: ['/libs/groth16/dist/'],
  dictionary: [
    '"',
    '[',
    ']',
    ',',
    '0',
    '"0"',
    `"${q}"`,
    '"__proto__":',
    '"IC":',
    '"1"',
    'null',
    '["1","0"]',
  ].map((token) => [...encoder.encode(token)]),
  bytesMax: 1_024,
  seeds: () =>
    [key, proof, toSnarkjsKey(key), toSnarkjsProof(proof)].map((value) =>
      encoder.encode(JSON.stringify(value)),
    ),
  run(bytes) {
    let value;
    try {
      value = JSON.parse(new TextDecoder().decode(bytes));
    } catch {
      return;
    }
    for (const { read, there, back, isOurs } of forms) {
      const reading = read(value);
      if (!reading.ok) {
        assert.ok(Object.hasOwn(groth16Failures, reading.code));
        continue;
      }
      if (isOurs) assert.deepEqual(reading.value, value, 'another value was read');
      assert.deepEqual(back(there(reading.value)), reading, 'snarkjs would read another value');
    }
  },
};
