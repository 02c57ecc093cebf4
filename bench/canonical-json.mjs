// The strict reader and the canonical writer beside JSON.parse and JSON.stringify, on the text of a bundle.
import { readFileSync } from 'node:fs';
import { canonicalJson, parseStrictJson } from '@touchstone/canonical-json';
import { compare } from './harness/compare.mjs';

const WARM_UP_COUNT = 5_000;
const BYTES_MAX = 4_194_304;
const { cases } = JSON.parse(
  readFileSync(new URL('../libs/evidence/vectors/evidence.json', import.meta.url), 'utf8'),
);
const { bundle } = cases.find(({ name }) => name === 'L2').input;
const texts = { compact: canonicalJson(bundle), indented: JSON.stringify(bundle, null, 2) };

for (const [spelling, text] of Object.entries(texts)) {
  compare({
    name: `canonical-json: read a bundle's text, ${spelling}`,
    baselineName: 'JSON.parse',
    warmUpCount: WARM_UP_COUNT,
    ours: () => {
      if (!parseStrictJson(text, { maxBytes: BYTES_MAX }).ok) throw new Error('refused');
    },
    baseline: () => JSON.parse(text),
  });
}
compare({
  name: "canonical-json: write a bundle's text",
  baselineName: 'JSON.stringify',
  warmUpCount: WARM_UP_COUNT,
  ours: () => canonicalJson(bundle),
  baseline: () => JSON.stringify(bundle),
});
