import { readFileSync } from 'node:fs';
import { CommandError, exitCodes } from '../exit-codes.js';

/** The variable with the token of who submits batches; also as a file, by the same name and `_FILE`. */
export const BATCH_TOKEN_VARIABLE = 'TOUCHSTONE_BATCH_TOKEN';

/** The token that the environment gives, or undefined. @throws CommandError `configuration` for a file that cannot be read */
export function batchToken(
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const path = env[`${BATCH_TOKEN_VARIABLE}_FILE`];
  if (path === undefined) return env[BATCH_TOKEN_VARIABLE];
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const { code = 'error' } = error as { code?: string };
    throw new CommandError(
      exitCodes.configuration,
      `${BATCH_TOKEN_VARIABLE}_FILE: ${path} cannot be read (${code}).`,
    );
  }
}

/** {@link batchToken} of a signer that no running stack tells the token of. */
export function requireBatchToken(): string {
  const token = batchToken();
  if (token !== undefined && token !== '') return token;
  throw new CommandError(
    exitCodes.configuration,
    `Set ${BATCH_TOKEN_VARIABLE} to the token that the signer knows you by.`,
  );
}
