/** What happens above a limit of the libraries that make proofs of inference. */
export const proofLimitEffects = {
  ADDITIONS_MAX: 'The model cannot be proved: `model-invalid`.',
  AXES_MAX: '`model-invalid`',
  CALIBRATION_ROWS_MAX: 'The further samples do not count.',
  CONSTRAINTS_MAX: 'The circuit is not written: RangeError.',
  ELEMENTS_MAX: 'The model cannot be proved: `model-invalid`.',
  MODEL_NODES_MAX: 'The model cannot be proved: `model-invalid`.',
  OUTPUTS_MAX: 'The model cannot be proved: `model-invalid`.',
  REFUSAL_CHARACTERS_MAX: 'The refusal is cut.',
  SCALE_LOG2_MAX: 'A stated scale: `model-invalid`. A chosen one stays at the limit.',
  TERMS_MAX: 'The model cannot be proved: `model-invalid`.',
  WIRES_MAX: 'The model cannot be proved: `model-invalid`.',
};
