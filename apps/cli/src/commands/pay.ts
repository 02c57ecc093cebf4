import { exitCodes, type ExitCode } from '../exit-codes.js';
import { createPayer, developmentPayer, PAYMENT_HEADER, type SignedPayment } from '../stack/payer.js';
import { formatAtomic, parsePrice, PAYMENT_ATOMIC_MAX } from '../stack/price.js';
import { readChallenge } from '../stack/read-challenge.js';
import { requireStack } from '../stack/running-stack.js';

export interface PayOptions {
  readonly max?: string;
  readonly json: boolean;
  readonly state: string;
}

/** `touchstone pay`: signs what a 402 asked for and prints the header for the second request. */
export async function payCommand(path: string, options: PayOptions): Promise<ExitCode> {
  const stack = requireStack(options.state);
  const limit = options.max === undefined ? PAYMENT_ATOMIC_MAX : parsePrice(options.max);
  const required = await readChallenge(path);
  const signed = await createPayer(stack, developmentPayer(options.state), limit).sign(required);
  if (options.json) {
    process.stdout.write(`${JSON.stringify(asJson(signed), null, 2)}\n`);
    return exitCodes.ok;
  }
  const { amount, payTo, network, maxTimeoutSeconds } = signed.offer;
  process.stderr.write(
    `Signed ${formatAtomic(amount)} to ${payTo} on ${network}, valid for ${maxTimeoutSeconds} s; nothing is sent yet.\n`,
  );
  process.stdout.write(`${PAYMENT_HEADER}: ${signed.header}\n`);
  return exitCodes.ok;
}

function asJson({ header, offer, validBefore }: SignedPayment): Record<string, string> {
  const { amount, asset, network, payTo } = offer;
  return {
    header: PAYMENT_HEADER,
    value: header,
    amount,
    asset,
    network,
    payTo,
    validBefore: new Date(validBefore * 1_000).toISOString(),
  };
}
