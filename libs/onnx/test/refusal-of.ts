import { AppError } from '@touchstone/contracts';

/** The message of the refusal `model-invalid`; whatever else is thrown goes on. */
export function refusalOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof AppError && error.code === 'model-invalid') return error.message;
    throw error;
  }
  return 'taken';
}
