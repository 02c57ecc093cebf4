import type { BatchError, SignatureDocument } from '@touchstone/event-batch';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { printable } from '../terminal/printable.js';

/** What a signature is about, as `--json` shows it. */
export function signedFacts({ format, kid, batch_ts, leaf_count, merkle_root }: SignatureDocument): object {
  return { format, kid, batch_ts, leaf_count, merkle_root };
}

/** Writes an object for `--json`, or the lines for a person. */
export function answer(asJson: boolean, value: object, lines: readonly string[]): void {
  process.stdout.write(asJson ? `${JSON.stringify(value, null, 2)}\n` : `${printable(lines.join('\n'))}\n`);
}

/** Says which rule refused the events, the batch or the folder. */
export function answerRefusal(
  asJson: boolean,
  schema: string,
  { reason, message }: Pick<BatchError, 'reason' | 'message'>,
): ExitCode {
  const exitCode = exitCodes.invalid;
  answer(asJson, { schema, result: 'INVALID', reason, message, exitCode }, [
    `INVALID (${reason}): ${message}`,
  ]);
  return exitCode;
}

/** A warning of the library for events without a salt. */
export function guessableLines(guessable: number): string[] {
  if (guessable === 0) return [];
  return [
    `leaf-guessable: ${guessable} events have no salt of 16 random bytes; whoever guesses one can prove that it is in the batch.`,
  ];
}
