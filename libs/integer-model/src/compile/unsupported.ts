import { AppError } from '@touchstone/contracts';
import { REFUSAL_CHARACTERS_MAX } from '@touchstone/onnx';

/** Why a model cannot become an integer model: the node, and what to change. What is quoted of the file is cut. */
export function unsupported(where: string, why: string): AppError {
  const [node, reason] = [where, why].map((text) => text.slice(0, REFUSAL_CHARACTERS_MAX));
  return new AppError('model-invalid', `The model cannot be proved: ${node} ${reason}.`);
}
