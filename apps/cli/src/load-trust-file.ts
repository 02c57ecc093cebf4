import { AppError } from '@touchstone/contracts';
import { readTrustFile, TRUST_BYTES_MAX, type TrustFile } from '@touchstone/evidence';
import { CommandError, exitCodes } from './exit-codes.js';
import { readInput } from './terminal/files.js';

/** Reads the verifier's trust file. @throws CommandError `configuration` where it is refused, `io` where it cannot be read */
export async function loadTrustFile(path: string): Promise<TrustFile> {
  const text = await readInput(path, TRUST_BYTES_MAX);
  try {
    return readTrustFile(text);
  } catch (error) {
    if (error instanceof AppError)
      throw new CommandError(exitCodes.configuration, `${path}: ${error.message}`);
    throw error;
  }
}
