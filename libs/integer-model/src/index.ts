export { compileIntegerModel, type CompileOptions, type StatedScales } from './compile/compile-model.js';
export {
  ADDITIONS_MAX,
  CALIBRATION_ROWS_MAX,
  ELEMENTS_MAX,
  EXACT_WEIGHT_BITS,
  MODEL_NODES_MAX,
  OUTPUTS_MAX,
  ROUNDED_WEIGHT_BITS,
  SCALE_LOG2_MAX,
  SUM_BITS,
  TERMS_MAX,
  WIRES_MAX,
} from './limits.js';
export {
  elementsOf,
  type InputDatatype,
  type IntegerInput,
  type IntegerLayer,
  type IntegerModel,
  type IntegerOutput,
  type IntegerRows,
  type PostProcessing,
  RANGES,
  type Requantisation,
  rowCount,
} from './model/integer-model.js';
export { compileDescribed, COMPILER, descriptorOf } from './model/descriptor.js';
export { type Intervals, intervalsOf, type ModelIntervals } from './model/intervals.js';
export { postProcessed } from './model/post-processing.js';
export { dequantise, outputValues, quantise } from './model/quantise.js';
export { type IntegerRun, requantised, runIntegerModel, wireCount } from './model/run.js';
