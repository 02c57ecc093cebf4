import { uuidV7 } from '@touchstone/contracts';
import type { JobAnswer } from '@touchstone/contracts/http/jobs';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { cancelJob, endOfJob, showJob } from '../stack/jobs.js';
import { requireStack } from '../stack/running-stack.js';
import { writeAnswer, type AnswerOptions } from '../stack/write-answer.js';
import { requireFolder } from '../terminal/files.js';
import { jsonText } from '../terminal/json-text.js';
import { printableLine } from '../terminal/printable.js';
import { Progress } from '../terminal/progress.js';
import { table } from '../terminal/style.js';

export interface JobOptions {
  readonly json: boolean;
  readonly state: string;
}

export interface WaitForJobOptions extends AnswerOptions {
  readonly timeout: number;
  readonly state: string;
}

/** `touchstone jobs show`. */
export async function showJobCommand(id: string, { json, state }: JobOptions): Promise<ExitCode> {
  print(await showJob(requireStack(state), requireId(id)), json);
  return exitCodes.ok;
}

/** `touchstone jobs cancel`. */
export async function cancelJobCommand(id: string, { json, state }: JobOptions): Promise<ExitCode> {
  print(await cancelJob(requireStack(state), requireId(id)), json);
  return exitCodes.ok;
}

/** `touchstone jobs wait`: the answer of a job, as `touchstone infer` writes it. */
export async function waitForJobCommand(
  id: string,
  { timeout, state, ...options }: WaitForJobOptions,
): Promise<ExitCode> {
  const stack = requireStack(state);
  const jobId = requireId(id);
  if (options.evidence !== undefined) await requireFolder(options.evidence);
  const job = await waited((onLook) => endOfJob(stack, jobId, timeout * 1_000, onLook));
  if (job.answer === null) {
    const why = job.problem === null ? '' : `: ${job.problem.code}: ${job.problem.detail}`;
    throw new CommandError(exitCodes.invalid, printableLine(`The job ${jobId} ${ended(job)}${why}`));
  }
  await writeAnswer(stack, job.answer, options);
  return exitCodes.ok;
}

const ended = ({ status }: JobAnswer): string => (status === 'cancelled' ? 'was cancelled' : 'has failed');

/** Draws how far a job has come: its way to the head of the queue, and its run. */
async function waited(work: (onLook: (job: JobAnswer) => void) => Promise<JobAnswer>): Promise<JobAnswer> {
  let progress: { bar: Progress; from: number } | undefined;
  try {
    return await work(({ progress: queued }) => {
      const place = queued?.position ?? 0;
      progress ??= { bar: new Progress('Job', place + 1, process.stderr, 'before it'), from: place };
      // Jobs that were given back may come before it again.
      progress.bar.update(Math.max(0, progress.from - place), Math.max(0, place - 1));
    });
  } finally {
    progress?.bar.end();
  }
}

function print(job: JobAnswer, asJson: boolean): void {
  process.stdout.write(`${asJson ? jsonText(job) : describe(job)}\n`);
}

function describe({
  jobId,
  status,
  model,
  progress,
  problem,
  answer,
  callback,
  ...times
}: JobAnswer): string {
  const { createdAt, startedAt, endedAt } = times;
  return table([
    ['job', jobId],
    ['status', progress === null ? status : `${status}, place ${progress.position}`],
    ['model', model.id],
    ['created', createdAt],
    ...(startedAt === null ? [] : [['started', startedAt]]),
    ...(endedAt === null ? [] : [['ended', endedAt]]),
    ...(problem === null ? [] : [['problem', printableLine(`${problem.code}: ${problem.detail}`)]]),
    ...(answer === null ? [] : [['verification', answer.verificationId]]),
    ...(callback === null ? [] : [['webhook', `${callback.status} after ${callback.attempts} attempts`]]),
  ]);
}

function requireId(text: string): string {
  if (uuidV7.safeParse(text).success) return text;
  throw new CommandError(exitCodes.usage, `${printableLine(text)} is no job id (a UUID of version 7).`);
}
