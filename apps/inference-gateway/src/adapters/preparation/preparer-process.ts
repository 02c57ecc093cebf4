import { AppError } from '@touchstone/contracts';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { TOKENS_MAX } from '../../domain/request/word-list-tokenizer.js';
import { FrameReader, frameParts, type Frame } from '../sandbox/frames.js';
import { LimitedProcess } from '../sandbox/limited-process.js';

/** Memory that a process may have for pictures or tokenizers, in bytes: the largest picture fits several times. */
export const PREPARER_MEMORY_MAX_BYTES = 1_073_741_824;

/** The script lies beside src and dist, so that one path finds it from both. */
const SCRIPT = fileURLToPath(new URL('../../../worker/preparer.mjs', import.meta.url));

const id = z.int();
const tokenId = z.int().min(0).max(2_147_483_647);
const answers = {
  image: z.strictObject({ id, ok: z.literal(true), width: z.int().min(1), height: z.int().min(1) }),
  load: z.strictObject({ id, ok: z.literal(true) }),
  tokenize: z.strictObject({
    id,
    ok: z.literal(true),
    ids: z.array(tokenId).max(TOKENS_MAX),
    typeIds: z.array(tokenId).max(TOKENS_MAX),
  }),
} as const;
const refusal = z.strictObject({ id, ok: z.literal(false), reason: z.string().max(64), message: z.string() });

type Kind = keyof typeof answers;

/** What a process is asked. */
export interface PreparerJob<K extends Kind = Kind> {
  readonly kind: K;
  readonly header: object;
  readonly parts: readonly Uint8Array[];
  /** Bytes that the answer has to bring. */
  readonly answerBytes: number;
}

/** What came of a job; `bytes` are those that were to come. */
export type PreparerAnswer<K extends Kind = Kind> =
  | { readonly ok: true; readonly header: z.output<(typeof answers)[K]>; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: string; readonly message: string };

/** The process is gone, by itself or because of what it sent. */
export class PreparerEnded extends Error {}

interface Asked {
  readonly job: PreparerJob;
  readonly id: number;
  readonly reader: FrameReader;
  readonly settle: (answer: PreparerAnswer | Error) => void;
}

/** What a {@link PreparerProcess} takes. */
export interface PreparerOptions {
  readonly script?: string;
  readonly memoryBytes?: number;
}

/**
 * A process that does one job at a time and ends with the first that it does not finish. Whoever sent what it works on may own it: it is
 * believed nothing but an answer of the expected form and size to what it was asked.
 */
export class PreparerProcess {
  /** Keys of the tokenizers that it holds, the one that was used longest ago first. */
  readonly loaded = new Set<string>();
  private readonly process: LimitedProcess;
  private asked: Asked | undefined;
  private lastId = 0;
  private gone = false;

  constructor({ script = SCRIPT, memoryBytes = PREPARER_MEMORY_MAX_BYTES }: PreparerOptions = {}) {
    this.process = new LimitedProcess({
      ...{ script, memoryBytes },
      arguments: [],
      nodeOptions: [],
      onData: (chunk) => this.receive(chunk),
      onEnd: (reason) => this.end(new PreparerEnded(reason.message)),
    });
  }

  get ended(): boolean {
    return this.gone;
  }

  /** The process id, for looking at it from outside. */
  get pid(): number | undefined {
    return this.process.pid;
  }

  /** @throws AppError `timeout`, or PreparerEnded */
  async ask<K extends Kind>(job: PreparerJob<K>, timeoutMs: number): Promise<PreparerAnswer<K>> {
    if (this.gone) throw new PreparerEnded('it had ended before');
    this.lastId += 1;
    const id = this.lastId;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const answer = await new Promise<PreparerAnswer | Error>((settle) => {
      this.asked = { job, id, reader: new FrameReader(), settle };
      timer = setTimeout(
        () => this.end(new AppError('timeout', `It was not read within ${timeoutMs} ms and given up.`)),
        timeoutMs,
      );
      this.process.send(frameParts({ id, kind: job.kind, ...job.header }, job.parts));
    });
    clearTimeout(timer);
    this.asked = undefined;
    if (answer instanceof Error) throw answer;
    return answer as PreparerAnswer<K>;
  }

  /** Ends the process; the job that is under way fails with `reason`. */
  end(reason: Error): void {
    if (this.gone) return;
    this.gone = true;
    this.asked?.settle(reason);
    this.process.kill();
  }

  stopped(): Promise<void> {
    return this.process.stopped();
  }

  private receive(chunk: Buffer): void {
    if (this.gone) return;
    try {
      if (!this.asked) throw new Error('it spoke without being asked');
      const frame = this.asked.reader.push(chunk);
      if (frame) this.asked.settle(readAnswer(frame, this.asked));
    } catch (error) {
      this.end(new PreparerEnded(error instanceof Error ? error.message : String(error)));
    }
  }
}

/** @throws Error for an answer of another form or size than was asked for */
function readAnswer({ header, bytes }: Frame, { job, id: askedId }: Asked): PreparerAnswer {
  const parsed = z.union([answers[job.kind], refusal]).safeParse(header);
  if (!parsed.success || parsed.data.id !== askedId) throw new Error('its answer has another form');
  const answer = parsed.data;
  const expected = answer.ok ? job.answerBytes : 0;
  if (bytes.length !== expected) throw new Error(`it sent ${bytes.length} bytes instead of ${expected}`);
  if (!answer.ok) return { ok: false, reason: answer.reason, message: answer.message };
  return { ok: true, header: answer, bytes };
}
