import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A request for the sample model `digits` of the checkout: one of its held-out rows. */
export function digitRequest(root) {
  const read = (name) => JSON.parse(readFileSync(join(root, 'models/digits', name), 'utf8'));
  const [{ name, datatype, shape }] = read('model.json').inputs;
  return JSON.stringify({ inputs: [{ name, datatype, shape, data: read('held-out.json').rows[0].values }] });
}
