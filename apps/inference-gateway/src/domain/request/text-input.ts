import { AppError, hex32, modelFileName, type TensorSpec } from '@touchstone/contracts';
import type { InferRequest } from '@touchstone/contracts/http/inference-gateway';
import { z } from 'zod';
import { shapeFits } from '../model/manifest.js';
import type { Preparers, TokenizerFile, Tokens } from './preparers.js';
import type { PreparedTensor, Preprocessing } from './preprocessing.js';
import { TOKENS_MAX } from './word-list-tokenizer.js';

const inputName = z.string().min(1).max(256);
const id = z.number().int().min(0).max(2_147_483_647);

const textInputFile = z.strictObject({
  format: z.literal('touchstone-text-input-v1'),
  tokenizer: z.strictObject({ file: modelFileName, sha256: hex32 }),
  /** With those that the tokenizer puts around a text. */
  maxTokens: z.number().int().min(1).max(TOKENS_MAX),
  specialTokens: z.boolean(),
  /** The end that is cut off a longer text; with "none" it is refused. */
  truncation: z.enum(['right', 'left', 'none']),
  padding: z
    .strictObject({ side: z.enum(['right', 'left']), id, typeId: id.default(0) })
    .nullable()
    .describe('What a text is filled up with to maxTokens; null leaves it as long as it is.'),
  inputs: z.strictObject({
    ids: inputName,
    attentionMask: inputName.optional(),
    typeIds: inputName.optional(),
  }),
});
type TextInputFile = z.output<typeof textInputFile>;

/** The tokenizer.json that a text-input.json names. */
export type NamedTokenizer = TextInputFile['tokenizer'];

/**
 * Preprocessing of the type `tokenizer`: a text becomes the ids of a tokenizer.json, cut and filled up as text-input.json says and not as
 * tokenizer.json does.
 */
export class TextInput implements Preprocessing {
  readonly takes = 'text';
  readonly features = undefined;

  private constructor(
    private readonly file: TextInputFile,
    private readonly tokenizer: TokenizerFile,
  ) {}

  /** Reads a parsed text-input.json. @throws AppError `model-invalid` */
  static async fromFile(
    value: unknown,
    tokenizerOf: (named: NamedTokenizer) => Promise<TokenizerFile>,
  ): Promise<TextInput> {
    const parsed = textInputFile.safeParse(value);
    if (!parsed.success)
      throw new AppError(
        'model-invalid',
        `The file about texts does not fit its schema: ${z.prettifyError(parsed.error)}`,
      );
    const names = Object.values(parsed.data.inputs);
    if (new Set(names).size !== names.length)
      throw new AppError('model-invalid', 'The file about texts names an input twice.');
    return new TextInput(parsed.data, await tokenizerOf(parsed.data.tokenizer));
  }

  get needs(): string {
    const names = this.names.map((name) => `"${name}"`).join(', ');
    return `the INT64 or INT32 inputs ${names}, and no other, of shape [1,${this.length ?? -1}]`;
  }

  private get names(): string[] {
    return Object.values(this.file.inputs).filter((name) => name !== undefined);
  }

  /** How many elements every input has, where that is always the same. */
  private get length(): number | undefined {
    return this.file.padding ? this.file.maxTokens : undefined;
  }

  fits(inputs: readonly TensorSpec[]): boolean {
    const { names } = this;
    return (
      inputs.length === names.length &&
      inputs.every(
        ({ name, datatype, shape }) =>
          names.includes(name) && (datatype === 'INT64' || datatype === 'INT32') && this.fitsShape(shape),
      )
    );
  }

  private fitsShape(shape: readonly number[] | undefined): boolean {
    if (this.length !== undefined) return shapeFits(shape, [1, this.length]);
    return shape === undefined || (shape.length === 2 && shapeFits(shape, [1, -1]));
  }

  async prepare(
    { text = '' }: InferRequest,
    inputs: readonly TensorSpec[],
    preparers: Preparers,
  ): Promise<PreparedTensor[]> {
    const values = this.valuesOf(await this.tokensOf(text, preparers));
    return inputs.map(({ name }) => {
      const data = values.get(name) ?? [];
      return { name, shape: [1, data.length], data };
    });
  }

  /** That the file is a tokenizer, and that its special tokens leave room. */
  async tryOut(preparers: Preparers): Promise<void> {
    try {
      await this.tokensOf('a', preparers);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'text-invalid') throw error;
      // Of these two the first is of the text alone.
      if (error.details[0]?.detail === 'no-tokens') return;
      throw new AppError('model-invalid', `The tokenizer takes no text: ${error.message}`);
    }
  }

  private tokensOf(text: string, preparers: Preparers): Promise<Tokens> {
    const { maxTokens: tokens, specialTokens: special, truncation } = this.file;
    return preparers.tokens(this.tokenizer, { text, special, tokens, truncation });
  }

  private valuesOf({ ids, typeIds }: Tokens): ReadonlyMap<string, readonly number[]> {
    const { inputs, padding } = this.file;
    const missing = (this.length ?? ids.length) - ids.length;
    const filled = (values: readonly number[], filling: number): number[] => {
      const rest = new Array<number>(missing).fill(filling);
      return padding?.side === 'left' ? [...rest, ...values] : [...values, ...rest];
    };
    const values = new Map([[inputs.ids, filled(ids, padding?.id ?? 0)]]);
    const ones = ids.map(() => 1);
    if (inputs.attentionMask !== undefined) values.set(inputs.attentionMask, filled(ones, 0));
    if (inputs.typeIds !== undefined) values.set(inputs.typeIds, filled(typeIds, padding?.typeId ?? 0));
    return values;
  }
}
