import { AppError, shortText, type ErrorCode } from '@touchstone/contracts';
import { withSpan } from '@touchstone/platform/observability';
import {
  IMAGE_PIXELS_MAX,
  IMAGE_SIDE_PIXELS_MAX,
  type ImagePlan,
  type Preparers,
  type TokenizerFile,
  type Tokens,
  type TokensWanted,
} from '../../domain/request/preparers.js';
import { PreparerPool, type PreparerPoolOptions } from './preparer-pool.js';
import { PreparerEnded, type PreparerAnswer, type PreparerProcess } from './preparer-process.js';

/** Milliseconds that one picture or text may take, the start of its process included. */
export const PREPARATION_TIMEOUT_MS = 5_000;

/** Tokenizers that one process keeps. */
export const TOKENIZERS_PER_PROCESS_MAX = 8;

/** Longest that words of a process are told. */
const MESSAGE_CHARACTERS_MAX = 256;

/** What {@link ProcessPreparers} takes. */
export interface ProcessPreparersOptions extends PreparerPoolOptions {
  readonly timeoutMs?: number;
}

/** Pictures and texts in processes of their own, of different ones, so that neither waits for the other. */
export class ProcessPreparers implements Preparers {
  private readonly images: PreparerPool;
  private readonly texts: PreparerPool;
  private readonly timeoutMs: number;

  constructor(options: ProcessPreparersOptions) {
    this.images = new PreparerPool(options);
    this.texts = new PreparerPool(options);
    this.timeoutMs = options.timeoutMs ?? PREPARATION_TIMEOUT_MS;
  }

  image(base64: string, plan: ImagePlan, tables: readonly Uint8Array[]): Promise<string> {
    return withSpan('read picture', {}, () => this.readImage(base64, plan, tables));
  }

  tokens(tokenizer: TokenizerFile, wanted: TokensWanted): Promise<Tokens> {
    return this.texts.with(async (process) => {
      await this.load(process, tokenizer);
      const job = {
        kind: 'tokenize' as const,
        header: { key: tokenizer.sha256, ...wanted },
        ...NO_BYTES,
      };
      const answer = await process.ask(job, this.timeoutMs).catch((error: unknown) => {
        throw ended(error, 'text-invalid', 'text', 'tokenised');
      });
      if (!answer.ok) throw refused('text-invalid', 'text', answer, `${shown(answer.message)}.`);
      const { ids, typeIds } = answer.header;
      if (ids.length !== typeIds.length || ids.length > wanted.tokens)
        throw new AppError('inference-failed', 'The process of the tokenizer gave another number of tokens.');
      return { ids, typeIds };
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.images.close(), this.texts.close()]);
  }

  private async readImage(base64: string, plan: ImagePlan, tables: readonly Uint8Array[]): Promise<string> {
    // What is not ASCII would become another text on its way.
    if (Buffer.byteLength(base64) !== base64.length)
      throw refused('image-invalid', 'image', { reason: 'not-base64' }, 'The picture is not in base64.');
    const { width, height, elementBytes } = plan;
    const job = {
      kind: 'image' as const,
      header: {
        plan,
        limits: { pixels: IMAGE_PIXELS_MAX, side: IMAGE_SIDE_PIXELS_MAX },
        tables: { count: tables.length, bytes: tables[0]?.length ?? 0 },
      },
      parts: [Buffer.from(base64, 'latin1'), ...tables],
      answerBytes: width * height * tables.length * elementBytes,
    };
    const answer = await this.images.with((process) =>
      process.ask(job, this.timeoutMs).catch((error: unknown) => {
        throw ended(error, 'image-invalid', 'image', 'decoded');
      }),
    );
    if (!answer.ok)
      throw refused('image-invalid', 'image', answer, `The picture is refused: ${shown(answer.message)}.`);
    const { bytes } = answer;
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
  }

  /** Has a process hold a tokenizer, in the place of the one that it used longest ago. */
  private async load(process: PreparerProcess, tokenizer: TokenizerFile): Promise<void> {
    const { loaded } = process;
    const { sha256 } = tokenizer;
    if (!loaded.delete(sha256)) {
      const [oldest] = loaded;
      const drop = loaded.size >= TOKENIZERS_PER_PROCESS_MAX ? oldest : undefined;
      const parts = [await tokenizer.read()];
      const job = { kind: 'load' as const, header: { key: sha256, drop }, parts, answerBytes: 0 };
      const answer = await process.ask(job, this.timeoutMs).catch((error: unknown) => {
        throw error instanceof PreparerEnded
          ? notLoaded('its process ended, by more memory than it may have or by a crash')
          : error;
      });
      if (!answer.ok) throw notLoaded(shown(answer.message));
      if (drop !== undefined) loaded.delete(drop);
    }
    loaded.add(sha256);
  }
}

const NO_BYTES = { parts: [] as Uint8Array[], answerBytes: 0 };

const shown = (message: string): string =>
  shortText(message.replace(/[^\x20-\x7e\u00d7]+/g, ' ').replace(/\.$/, ''), MESSAGE_CHARACTERS_MAX);

const notLoaded = (detail: string): AppError =>
  new AppError('model-invalid', `The tokenizer cannot be loaded: ${detail}.`);

function refused(
  code: Extract<ErrorCode, 'image-invalid' | 'text-invalid'>,
  member: string,
  { reason }: Pick<Extract<PreparerAnswer, { ok: false }>, 'reason'>,
  message: string,
): AppError {
  return new AppError(code, message, { details: [{ pointer: `/${member}`, detail: reason }] });
}

/** A process that ended while it had nothing else to do ended because of what it was given. */
function ended(
  error: unknown,
  code: 'image-invalid' | 'text-invalid',
  member: string,
  done: string,
): unknown {
  if (!(error instanceof PreparerEnded)) return error;
  const detail = 'the process for it ended, by more memory than it may have or by a crash';
  return new AppError(code, `It cannot be ${done}: ${detail}.`, {
    details: [{ pointer: `/${member}`, detail: 'process-ended' }],
    cause: error,
  });
}
