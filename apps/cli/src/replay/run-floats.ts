import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canonicalTensor, type CanonicalTensor } from '@touchstone/contracts';
import { z } from 'zod';
import { CommandError, exitCodes } from '../exit-codes.js';
import { printable } from '../terminal/printable.js';

const checkout = fileURLToPath(new URL('../../../..', import.meta.url));
const SCRIPT = join(checkout, 'apps', 'inference-gateway', 'worker', 'replay.mjs');

/** How long a model may run, all runs together. */
export const REPLAY_TIMEOUT_MS = 120_000;
/** Data memory of the process in KiB, and no files: the model may be hostile. */
const LIMITED = 'ulimit -c 0 && ulimit -f 0 && ulimit -d 2097152 && exec "$@"';
/** Most bytes that it may answer. */
const ANSWER_BYTES_MAX = 268_435_456;

const answer = z.discriminatedUnion('ok', [
  z.strictObject({
    ok: z.literal(true),
    runtime: z.strictObject({ name: z.string().max(256), processor: z.string().max(256) }),
    runs: z.array(z.array(canonicalTensor).max(256)),
  }),
  z.strictObject({ ok: z.literal(false), message: z.string() }),
]);

/** What a model gave in each run, and by what. */
export interface FloatRuns {
  readonly runtime: { readonly name: string; readonly processor: string };
  readonly runs: readonly (readonly CanonicalTensor[])[];
}

/**
 * Runs a model in a process that cannot write files, has a bound on its memory, and is killed when it takes too long.
 *
 * @param model absolute path
 * @param runs the inputs of each run
 * @throws CommandError `invalid` where the runtime refuses
 */
export async function runFloats(
  model: string,
  runs: readonly (readonly CanonicalTensor[])[],
): Promise<FloatRuns> {
  const child = spawn('/bin/sh', ['-c', LIMITED, 'sh', process.execPath, '--jitless', SCRIPT], {
    ...{
      cwd: '/',
      env: {},
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: REPLAY_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    },
  });
  const chunks: Buffer[] = [];
  let length = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > ANSWER_BYTES_MAX) child.kill('SIGKILL');
    else chunks.push(chunk);
  });
  // A process that ends early does not read the request; how it ended is told below.
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify({ model, runs }));
  const ended = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? `code ${code}`));
  });
  const given = answer.safeParse(parsed(Buffer.concat(chunks)));
  if (!given.success)
    throw new CommandError(exitCodes.invalid, `The process of the model ended with ${ended}.`);
  if (!given.data.ok)
    throw new CommandError(exitCodes.invalid, `The runtime refused: ${printable(given.data.message)}`);
  if (given.data.runs.length !== runs.length)
    throw new CommandError(exitCodes.invalid, 'The process of the model answered another number of runs.');
  return given.data;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
