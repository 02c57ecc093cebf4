import { join } from 'node:path';
import { AppError } from '@touchstone/contracts';
import { acquireLock } from '../state/lock.js';
import { ownTemporaryFolder } from './temporary-folder.js';

/**
 * Ports that are promised to servers and services which do not listen yet. A stack chooses its ports seconds before they are
 * used; without claims two stacks that start together choose the same ones. A claim is a lock of this process in a
 * temporary folder of the user, and ends with the process at the latest.
 */
export class PortClaims {
  readonly #folder: string;
  readonly #releases: (() => void)[] = [];

  constructor(folder = ownTemporaryFolder('touchstone-ports')) {
    this.#folder = folder;
  }

  /** True when the port is now promised to the holder of these claims, false when another stack has it. */
  claim(port: number): boolean {
    try {
      this.#releases.push(acquireLock(join(this.#folder, String(port))));
      return true;
    } catch (error) {
      if (error instanceof AppError && error.code === 'conflict') return false;
      throw error;
    }
  }

  /** Gives all claims back. */
  release(): void {
    for (const release of this.#releases.splice(0)) release();
  }
}
