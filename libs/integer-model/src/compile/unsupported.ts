import { AppError } from '@touchstone/contracts';

/** Why a model cannot become an integer model: the node, and what to change. */
export function unsupported(where: string, why: string): AppError {
  return new AppError('model-invalid', `The model cannot be proved: ${where} ${why}.`);
}
