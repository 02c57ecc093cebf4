import { serviceNames } from '@touchstone/contracts';
import { silentProgress, startStack, type RunningStack, type StackOptions } from '@touchstone/embedded';
import { checkout } from '../../src/stack/run-stack.js';

const ATTEMPTS = 3;

/**
 * Starts the whole stack for a spec; it does not sync to disk. A port that was free when it was chosen may be taken by another stack on the
 * machine until a service listens on it; then other ports are chosen.
 */
export async function startTestStack(
  stateDir: string,
  options: Partial<StackOptions> = {},
): Promise<RunningStack> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startStack({
        root: checkout,
        stateDir,
        services: serviceNames,
        restart: false,
        progress: silentProgress,
        durable: false,
        ...options,
      });
    } catch (error) {
      if (attempt === ATTEMPTS || !String(error).includes('EADDRINUSE')) throw error;
    }
  }
}
