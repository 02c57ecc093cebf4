import { tmpdir } from 'node:os';
import { DiskFiles } from './adapters/files/disk-files.js';
import { PrivateFolders } from './adapters/files/private-folders.js';
import { findNativeProver } from './adapters/native/native-prover.js';
import type { CommandLineProver } from './adapters/programs/command-line-prover.js';
import { snarkjsProver } from './adapters/snarkjs/snarkjs-prover.js';
import { ModelProver } from './domain/prove-model.js';
import { PapProgram } from './transport/pap-program.js';

/** What the program is made of on this machine. */
export interface ProverParts {
  readonly files: DiskFiles;
  /** The native one first where there is one. */
  readonly provers: readonly [CommandLineProver, ...CommandLineProver[]];
  readonly snarkjs: CommandLineProver;
  readonly pap: PapProgram;
}

/** Puts the program together. */
export function createProver(environment: Readonly<Record<string, string | undefined>>): ProverParts {
  const files = new DiskFiles();
  const folders = new PrivateFolders(tmpdir());
  const snarkjs = snarkjsProver();
  const native = findNativeProver(environment);
  const provers = native === undefined ? ([snarkjs] as const) : ([native, snarkjs] as const);
  const prover = new ModelProver({ provers, secondVerifier: snarkjs, folders });
  const pap = new PapProgram({ files, prover, secondVerifier: snarkjs, folders });
  return { files, provers, snarkjs, pap };
}
