import { fileURLToPath } from 'node:url';

/** What a prover is examined with; the same folder for what is compiled and for its bundle, which lie equally deep. */
export const EXAMINATION_SAMPLE = fileURLToPath(
  new URL('../../../libs/prover-adapter/sample', import.meta.url),
);
