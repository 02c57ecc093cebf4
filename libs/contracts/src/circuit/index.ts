export { type CircuitDeviation, circuitDeviation, DEVIATION_SAMPLES_MAX } from './deviation.js';
export { CIRCUIT_SAMPLES_MAX, circuitOptions, type CircuitOptions } from './options.js';
export {
  BEACON_SOURCE_CHARACTERS_MAX,
  circuitSetUp,
  type CircuitSetUp,
  contributorName,
  SET_UP_CONTRIBUTIONS_MAX,
  setUpBeacon,
} from './set-up.js';
export {
  CIRCUIT_LAYERS_MAX,
  CIRCUIT_SCALE_LOG2_MAX,
  CIRCUIT_SIGNALS_MAX,
  CIRCUIT_TENSORS_MAX,
  type CircuitDescriptor,
  circuitDescriptor,
  circuitInput,
  circuitOutput,
  circuitPostProcessing,
  type CircuitSetup,
  circuitSetups,
  type ModelCircuit,
  modelCircuit,
  verificationKey,
  type ZkProof,
  zkProof,
} from './descriptor.js';
