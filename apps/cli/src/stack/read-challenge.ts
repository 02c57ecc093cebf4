import { decodePaymentRequiredHeader } from '@x402/core/http';
import type { PaymentRequired } from '@x402/core/types';
import { CommandError, exitCodes } from '../exit-codes.js';
import { readInput } from '../terminal/files.js';

/** Largest file of headers of a 402 that is read. */
export const CHALLENGE_BYTES_MAX = 65_536;

/** Reads what a 402 asks for: its headers as `curl -D` writes them, or the value alone. @param path `-` is standard input */
export async function readChallenge(path: string): Promise<PaymentRequired> {
  const text = new TextDecoder().decode(await readInput(path, CHALLENGE_BYTES_MAX));
  const value = /^payment-required:[ \t]*(\S+)/im.exec(text)?.[1] ?? text.trim();
  try {
    return decodePaymentRequiredHeader(value);
  } catch {
    throw new CommandError(
      exitCodes.usage,
      'Expected the headers of a 402 answer (curl -D headers.txt …) with PAYMENT-REQUIRED in them.',
    );
  }
}
