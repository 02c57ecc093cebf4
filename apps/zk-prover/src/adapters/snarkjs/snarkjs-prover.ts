import { createRequire } from 'node:module';
import { join, dirname } from 'node:path';
import { CommandLineProver } from '../programs/command-line-prover.js';

/** The prover of iden3 (GPL-3.0), in a process of its own for each call: its pool of workers ends with it. */
export function snarkjsProver(): CommandLineProver {
  const main = createRequire(import.meta.url).resolve('snarkjs');
  const script = join(dirname(main), 'cli.cjs');
  return new CommandLineProver({ name: 'snarkjs', command: process.execPath, leading: [script] });
}
