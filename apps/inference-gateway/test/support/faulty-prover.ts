import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a prover may do at one of its verbs instead of its work: die, never end, or say nothing. */
export type ProverFault = 'crash' | 'hang' | 'wrong';

/** Path of the prover that comes with the product. */
export const builtInProver = fileURLToPath(
  new URL('../../../zk-prover/bin/touchstone-zk-prover.js', import.meta.url),
);

/** The built-in prover as a program that an operator may have, which does at times what a bad one does. */
export class FaultyProver {
  /** Holds its files; a spec may put others there. */
  readonly folder = mkdtempSync(join(tmpdir(), 'touchstone-prover-'));
  readonly path: string;

  constructor() {
    const how = join(this.folder, 'how');
    this.works();
    this.path = this.program(
      'prover',
      `case "$(cat '${how}') $1" in
         "crash at $1 $1") kill -9 $$ ;;
         "hang at $1 $1") sleep 300 ;;
         "wrong at $1 $1") exit 0 ;;
       esac
       exec '${process.execPath}' '${builtInProver}' "$@"`,
    );
  }

  /** Does its work from now on. */
  works(): void {
    writeFileSync(join(this.folder, 'how'), '');
  }

  /** Fails at a verb from now on. */
  fails(fault: ProverFault, verb = 'prove'): void {
    writeFileSync(join(this.folder, 'how'), `${fault} at ${verb}`);
  }

  /** Writes another program of the shell. @returns its path */
  program(name: string, script: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
