/** The domain of the operators that the runtime brings along. */
export const RUNTIME_DOMAIN = 'com.microsoft';

/**
 * Those of them that added models may use: what quantisers and optimisers write into files, as onnxruntime 1.30 has it for processors.
 * Left out is what takes graphs of its own or repeats itself until something is found (BeamSearch, GreedySearch, Sampling), what draws
 * random numbers, what reads texts (Tokenizer), and what nobody exports. test/public-models.exhaustive.spec.ts asks the runtime whether it has them.
 */
export const RUNTIME_OPERATORS: ReadonlySet<string> = new Set([
  'Attention',
  'BiasGelu',
  'DequantizeLinear',
  'DynamicQuantizeLSTM',
  'DynamicQuantizeMatMul',
  'EmbedLayerNormalization',
  'FastGelu',
  'FusedConv',
  'FusedGemm',
  'FusedMatMul',
  'GatherBlockQuantized',
  'Gelu',
  'GroupQueryAttention',
  'MatMulBnb4',
  'MatMulInteger16',
  'MatMulIntegerToFloat',
  'MatMulNBits',
  'MoE',
  'MultiHeadAttention',
  'NhwcMaxPool',
  'QAttention',
  'QEmbedLayerNormalization',
  'QGemm',
  'QLinearAdd',
  'QLinearAveragePool',
  'QLinearConcat',
  'QLinearConv',
  'QLinearGlobalAveragePool',
  'QLinearLeakyRelu',
  'QLinearMul',
  'QLinearSigmoid',
  'QLinearSoftmax',
  'QLinearWhere',
  'QMoE',
  'QuantizeLinear',
  'QuickGelu',
  'RotaryEmbedding',
  'SkipLayerNormalization',
  'SkipSimplifiedLayerNormalization',
  'TransposeMatMul',
]);
