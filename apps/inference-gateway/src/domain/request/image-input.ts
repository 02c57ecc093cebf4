import { AppError, type TensorSpec } from '@touchstone/contracts';
import { IMAGE_BASE64_CHARACTERS_MAX, type InferRequest } from '@touchstone/contracts/http/inference-gateway';
import { elementBytes, encodeTensor, rawContents } from '@touchstone/evidence';
import { z } from 'zod';
import { shapeFits } from '../model/manifest.js';
import type { ImagePlan, Preparers } from './preparers.js';
import type { PreparedTensor, Preprocessing } from './preprocessing.js';

/** Most pixels of one side of a picture as a model takes it. */
export const IMAGE_INPUT_SIDE_MAX = 2_048;

/** What else a request says beside its picture. */
const FRAMING_BYTES = 16_384;
/** Values of a sample. */
const SAMPLES = 256;

const perChannel = z.array(z.number()).min(1).max(3);

const imageInputFile = z.strictObject({
  format: z.literal('touchstone-image-input-v1'),
  width: z.number().int().min(1).max(IMAGE_INPUT_SIDE_MAX),
  height: z.number().int().min(1).max(IMAGE_INPUT_SIDE_MAX),
  fit: z.enum(['stretch', 'cover', 'contain']),
  filter: z.enum(['nearest', 'bilinear']),
  /** Red, green and blue of what lies around a picture, and behind what shows through. */
  fill: z.array(z.number().int().min(0).max(255)).length(3),
  colour: z.enum(['rgb', 'bgr', 'grey']),
  layout: z.enum(['nchw', 'nhwc']),
  datatype: z.enum(['UINT8', 'FP16', 'FP32']),
  scale: z.number(),
  mean: perChannel,
  std: perChannel,
});
type ImageInputFile = z.output<typeof imageInputFile>;

/**
 * Preprocessing of the type `image`: a picture becomes the elements of one input. Decoding and resizing happen elsewhere
 * ({@link Preparers}); the element of each value of a channel is (value × scale − mean) / std, rounded once to the datatype.
 */
export class ImageInput implements Preprocessing {
  readonly takes = 'image';
  readonly features = undefined;
  readonly bodyBytesMax = IMAGE_BASE64_CHARACTERS_MAX + FRAMING_BYTES;
  private readonly plan: ImagePlan;
  private readonly shape: readonly number[];

  private constructor(
    private readonly datatype: ImageInputFile['datatype'],
    plan: Omit<ImagePlan, 'elementBytes'>,
    private readonly tables: readonly Uint8Array[],
  ) {
    const { width, height, layout } = plan;
    this.plan = { ...plan, elementBytes: elementBytes[datatype] };
    this.shape = layout === 'nchw' ? [1, tables.length, height, width] : [1, height, width, tables.length];
  }

  /** Reads a parsed image.json. @throws AppError `model-invalid` */
  static fromFile(value: unknown): ImageInput {
    const parsed = imageInputFile.safeParse(value);
    if (!parsed.success)
      throw invalid(`The file about pictures does not fit its schema: ${z.prettifyError(parsed.error)}`);
    const { format: _format, datatype, scale, mean, std, ...plan } = parsed.data;
    const channels = plan.colour === 'grey' ? 1 : 3;
    if (mean.length !== channels || std.length !== channels)
      throw invalid(`Pictures in ${plan.colour} need ${channels} numbers in mean and std.`);
    const tables = mean.map((_, channel) =>
      tableOf(datatype, scale, mean[channel] as number, std[channel] as number),
    );
    return new ImageInput(datatype, plan, tables);
  }

  get needs(): string {
    return `one ${this.datatype} input of shape ${JSON.stringify(this.shape)}`;
  }

  fits(inputs: readonly TensorSpec[]): boolean {
    const [input] = inputs;
    return inputs.length === 1 && input?.datatype === this.datatype && shapeFits(input.shape, this.shape);
  }

  async prepare(
    { image = '' }: InferRequest,
    inputs: readonly TensorSpec[],
    preparers: Preparers,
  ): Promise<PreparedTensor[]> {
    const data = await preparers.image(image, this.plan, this.tables);
    const { shape, datatype } = this;
    return inputs.map(({ name }) => ({ name, datatype, shape: [...shape], data }));
  }
}

/** The bytes of the elements that the values 0 to 255 of one channel become. */
function tableOf(datatype: ImageInputFile['datatype'], scale: number, mean: number, std: number): Uint8Array {
  const data = Array.from({ length: SAMPLES }, (_, value) => (value * scale - mean) / std);
  const encoded = encodeTensor({ name: 'elements', datatype, shape: [SAMPLES], data });
  const raw = encoded.ok ? rawContents(encoded.value) : encoded;
  if (raw.ok) return raw.value;
  throw invalid(`With scale, mean and std not every value of a pixel is a ${datatype}: ${raw.error.detail}.`);
}

const invalid = (message: string): AppError => new AppError('model-invalid', message);
