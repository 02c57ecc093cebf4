import { decodePaymentRequiredHeader } from '@x402/core/http';
import type { PaymentRequired } from '@x402/core/types';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { createPayer, developmentPayer, PAYMENT_HEADER } from '../stack/payer.js';
import { formatAtomic, parsePrice } from '../stack/price.js';
import { requireStack } from '../stack/running-stack.js';
import { readInput } from '../terminal/files.js';

/** Largest file of headers of a 402 that is read. */
export const CHALLENGE_BYTES_MAX = 65_536;

/** `touchstone pay`: signs what a 402 asked for and prints the header for the second request. */
export async function payCommand(path: string, options: { max: string; state: string }): Promise<ExitCode> {
  const stack = requireStack(options.state);
  const required = readChallenge(new TextDecoder().decode(await readInput(path, CHALLENGE_BYTES_MAX)));
  const network = `eip155:${stack.chain.chainId}`;
  const accepted = required.accepts.filter(
    (terms) => terms.network === network && terms.asset.toLowerCase() === stack.chain.usdc.toLowerCase(),
  );
  const [terms] = accepted;
  if (!terms) {
    throw new CommandError(
      exitCodes.usage,
      `The challenge asks for nothing that the development payer has: tokens ${stack.chain.usdc} on ${network}.`,
    );
  }
  const limit = parsePrice(options.max);
  if (BigInt(terms.amount) > limit) {
    throw new CommandError(
      exitCodes.usage,
      `The challenge asks for ${formatAtomic(terms.amount)}, more than ${formatAtomic(limit)}; allow it with --max.`,
    );
  }
  const payer = createPayer(stack, developmentPayer(options.state));
  const payment = await payer.payment({ ...required, accepts: accepted });
  process.stderr.write(`Signed ${formatAtomic(terms.amount)} to ${terms.payTo}; nothing is sent yet.\n`);
  process.stdout.write(`${PAYMENT_HEADER}: ${payment}\n`);
  return exitCodes.ok;
}

/** Takes the headers as `curl -D` writes them, or the value alone. */
function readChallenge(text: string): PaymentRequired {
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
