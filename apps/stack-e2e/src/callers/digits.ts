import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Random } from '../random.js';

const heldOut = z.object({
  input: z.string(),
  rows: z.array(z.object({ values: z.array(z.number()).length(64) })).min(1),
});
const path = fileURLToPath(new URL('../../../../models/digits/held-out.json', import.meta.url));

/** A handwritten digit as the body of a request. */
export interface Digit {
  readonly body: string;
}

/** Gives digits that the sample model was not trained on, in an order that `random` decides. */
export function digitSource(random: Random): () => Digit {
  const { input, rows } = heldOut.parse(JSON.parse(readFileSync(path, 'utf8')));
  return () => {
    const { values } = rows[Math.floor(random() * rows.length)] as (typeof rows)[number];
    return {
      body: JSON.stringify({
        inputs: [{ name: input, datatype: 'FP32', shape: [1, values.length], data: values }],
      }),
    };
  };
}
