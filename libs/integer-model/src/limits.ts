/** Most nodes of a graph that becomes an integer model. */
export const MODEL_NODES_MAX = 4_096;
/** Most wires: elements of the inputs and activations. */
export const WIRES_MAX = 65_536;
/** Most products in all sums together. */
export const TERMS_MAX = 4_194_304;
/** Most elements of all tensors that a graph computes on the way, those of its inputs among them. */
export const ELEMENTS_MAX = 524_288;
/** Most additions while sums are put together: four for each product that a model may have. */
export const ADDITIONS_MAX = 16_777_216;
/** Most elements of all outputs. */
export const OUTPUTS_MAX = 1_024;
/** Bits of a sum, its sign among them. */
export const SUM_BITS = 32;
/** Bits of a weight, its sign among them, where it is exact with so many … */
export const EXACT_WEIGHT_BITS = 16;
/** … and where it is rounded. */
export const ROUNDED_WEIGHT_BITS = 8;
/** The finest and the coarsest scale, as a power of two. */
export const SCALE_LOG2_MAX = 40;
/** Rows of samples by which the scales of activations are chosen; of more, the first. */
export const CALIBRATION_ROWS_MAX = 64;
