export { brokenConstraint } from './check.js';
export { CONSTRAINTS_MAX, ConstraintSystem, type Rows } from './constraint-system.js';
export { FIELD_ORDER, toField } from './field.js';
export { r1csFile, witnessFile } from './files.js';
export { type CircuitRun, integerCircuit, type IntegerCircuit, runCircuit } from './integer-circuit.js';
export type { LinearCombination } from './linear-combination.js';
export { Witness } from './witness.js';
