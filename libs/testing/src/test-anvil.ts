import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAnvil, type AnvilOptions, type RunningAnvil } from '@touchstone/embedded';

/** Starts a fresh anvil for one test file; call `stop()` in `afterAll`, which removes its state too. */
export async function startTestAnvil(
  options: Pick<AnvilOptions, 'chainId' | 'cors' | 'finalizes' | 'port' | 'slotsInAnEpoch'> = {},
): Promise<RunningAnvil> {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-anvil-'));
  const anvil = await startAnvil({ stateFile: join(folder, 'state.json'), ...options });
  return {
    ...anvil,
    stop: async () => {
      await anvil.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
