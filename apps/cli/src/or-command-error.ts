import { AppError } from '@touchstone/contracts';
import { CommandError, exitCodes } from './exit-codes.js';

/** Runs work on a server of the stack. @throws CommandError `io` with code and message of what the work refuses */
export async function orCommandError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new CommandError(exitCodes.io, `${error.code}: ${error.message}`, { cause: error });
  }
}
