import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { explainReport, labels, readTrustFile, verifyEvidence } from '@touchstone/evidence';
import { AppError } from '@touchstone/contracts';

const NOW_MS = Date.UTC(2026, 5, 1, 12);
const encoder = new TextEncoder();
const genuine = (section) => {
  const file = new URL(`../../../libs/evidence/vectors/${section}.json`, import.meta.url);
  const { cases } = JSON.parse(readFileSync(file, 'utf8'));
  return cases.filter(({ input }) => typeof input.bundle === 'object' && input.trust);
};
const outputs = genuine('evidence');
// The refusals of an event are found by changing bytes too; what starts a run is one of each format.
const events = genuine('event-evidence').filter(({ name }) => /: L\d/.test(name));
const bundles = [...outputs, ...events];
// One key of each kind.
const trust = {
  ...outputs[0].input.trust,
  keys: [...outputs[0].input.trust.keys, ...events[0].input.trust.keys],
};
const steering = /[\p{Cc}\p{Bidi_Control}]/u;

/** Neither a bundle nor a trust file makes the verifier throw; a bundle that is INVALID has no label. */
export const evidence = {
  name: 'evidence',
  covers: [
    '/libs/evidence/dist/',
    '/libs/event-batch/dist/',
    '/libs/canonical-json/dist/',
    '/libs/merkle/dist/',
    '/libs/chain-proofs/dist/',
    '/libs/crypto/dist/',
  ],
  dictionary: [
    'null',
    '[]',
    '{}',
    '""',
    '0',
    '-1',
    '1e3',
    '"__proto__":1,',
    '\\u0000',
    '00',
    ',',
    'BYTES',
    'BOOL',
    'FP16',
    'INT64',
  ].map((token) => [...encoder.encode(token)]),
  bytesMax: 16_384,
  seeds: () => [
    ...bundles.map(({ input }) => encoder.encode(JSON.stringify(input.bundle))),
    encoder.encode(JSON.stringify(trust)),
  ],
  run(bytes) {
    const report = verifyEvidence(bytes, { trust, nowMs: NOW_MS });
    assert.ok(labels.includes(report.label) && (report.result === 'VALID' || report.label === 'L0'));
    for (const line of explainReport(report).split('\n'))
      assert.ok(!steering.test(line), 'the explanation steers the terminal');
    try {
      readTrustFile(bytes);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'config-invalid') throw error;
    }
  },
};
