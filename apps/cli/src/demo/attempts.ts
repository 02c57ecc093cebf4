import { readProblem } from '@touchstone/contracts/http/every-service';
import { inferAnswer } from '@touchstone/contracts/http/inference-gateway';
import { readerOf } from '@touchstone/contracts/http/reader-of';
import { decodePaymentRequiredHeader } from '@x402/core/http';
import { PAYMENT_HEADER, type Payer } from '../stack/payer.js';
import { table } from '../terminal/style.js';
import { infer, type Digit } from './digits.js';
import type { StepLog } from './step-log.js';

/** A request to a model of the same price, so that only the binding to the first request can refuse the payment. */
const OTHER_MODEL_BODY = JSON.stringify({ text: 'profits soar' });

/** Reads the payer's balance from the chain. */
export type ReadBalance = () => Promise<bigint>;

interface Attempt {
  readonly name: string;
  readonly expectedStatus: number;
  readonly send: () => Promise<Response>;
  /** Something beside the status that must hold of the answer. */
  readonly holds?: (response: Response, body: string) => boolean;
}

/** Tries to get an answer without paying for it; nothing may be charged. */
export async function dishonestAttempts(
  log: StepLog,
  payer: Payer,
  url: string,
  otherUrl: string,
  digits: readonly [Digit, Digit],
  balance: ReadBalance,
): Promise<void> {
  const [paid, other] = digits;
  const first = await infer(payer.fetch, url, paid.body);
  const firstBody = await first.text();
  const header = { [PAYMENT_HEADER]: payer.lastPayment() ?? '' };
  const underpaid = await underpayment(payer, url, other.body);
  const attempts: Attempt[] = [
    { name: 'unpaid', expectedStatus: 402, send: () => infer(fetch, url, other.body) },
    {
      name: 'underpaid',
      expectedStatus: 402,
      send: () => infer(fetch, url, other.body, { [PAYMENT_HEADER]: underpaid }),
    },
    {
      name: 'replayed, same request',
      expectedStatus: 200,
      send: () => infer(fetch, url, paid.body, header),
      holds: (response, body) => body === firstBody && response.headers.get('idempotent-replayed') === 'true',
    },
    { name: 'replayed, other digit', expectedStatus: 409, send: () => infer(fetch, url, other.body, header) },
    {
      name: 'replayed, other model',
      expectedStatus: 409,
      send: () => infer(fetch, otherUrl, OTHER_MODEL_BODY, header),
    },
    {
      name: 'unreadable payment',
      expectedStatus: 400,
      send: () => infer(fetch, url, other.body, { [PAYMENT_HEADER]: 'garbage' }),
    },
  ];
  const rows: string[][] = [];
  for (const attempt of attempts) {
    const before = await balance();
    const response = await attempt.send();
    const body = await response.text();
    const after = await balance();
    rows.push([attempt.name, String(response.status), before.toString(), after.toString(), codeOf(body)]);
    const held =
      response.status === attempt.expectedStatus &&
      before === after &&
      (attempt.holds?.(response, body) ?? true);
    if (!held) log.check(`${attempt.name}: ${attempt.expectedStatus} and nothing charged`, false);
  }
  log.print(
    table([['ATTEMPT', 'STATUS', 'BALANCE BEFORE', 'AFTER', 'ANSWER'], ...rows]).replace(/^/gm, '   '),
  );
  log.check(
    'no dishonest attempt was charged or answered, and a replay repeated the stored answer',
    rows.every(([, , before, after]) => before === after),
  );
}

/** A payment that the payer really signed, for one unit less than asked. */
async function underpayment(payer: Payer, url: string, body: string): Promise<string> {
  const asked = await infer(fetch, url, body);
  const required = decodePaymentRequiredHeader(asked.headers.get('payment-required') ?? '');
  const cheaper = required.accepts.map((option) => ({
    ...option,
    amount: (BigInt(option.amount) - 1n).toString(),
  }));
  return payer.payment({ ...required, accepts: cheaper });
}

function codeOf(body: string): string {
  try {
    const answer: unknown = JSON.parse(body);
    return readProblem(answer).code ?? `stored answer ${readerOf(inferAnswer).parse(answer).verificationId}`;
  } catch {
    return 'unreadable';
  }
}
