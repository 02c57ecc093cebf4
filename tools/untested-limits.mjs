/** Limits that no test names yet. tools/limit-tests.mjs lets the list shrink only. */
export const untestedLimits = [
  'ADDED_MODELS_MAX',
  'INFERENCE_QUEUE_MAX',
  'INFERENCE_TIMEOUT_DEFAULT_MS',
  'PREPROCESS_BYTES_MAX',
  'SANDBOX_MEMORY_MAX_BYTES',
  'SANDBOX_PROCESSES_MAX',
];
