import { AppError } from '@touchstone/contracts';
import type { ServiceContext } from '@touchstone/platform/wiring';
import type { EvmToken } from './adapters/evm/evm-token.js';

/**
 * Asks the token once what it calls itself. A node that is away does not hold up the start: the service is not ready
 * until the token was asked, and each look at readiness asks again.
 */
export async function watchToken(token: EvmToken, { health, logger }: ServiceContext): Promise<void> {
  await token.asset().catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code !== 'dependency-unavailable') throw error;
    logger.warn({ err: error }, 'the token was not asked yet what it calls itself');
  });
  health.addReadiness('token', async () => {
    await token.asset();
  });
}
