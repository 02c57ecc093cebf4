import type { CircuitSetUp, ModelCircuit } from '@touchstone/contracts/circuit';

/** The bytes of `set-up.json`, which the entry of the log is about; as the prover writes them. */
export const transcriptText = (transcript: CircuitSetUp): string =>
  `${JSON.stringify(transcript, null, 2)}\n`;

/** The bytes of `circuit.json`. */
export const circuitText = (circuit: ModelCircuit): string => `${JSON.stringify(circuit, null, 1)}\n`;
