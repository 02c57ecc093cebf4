import { readProblem } from '@touchstone/contracts/http/every-service';
import { inferAnswer } from '@touchstone/contracts/http/inference-gateway';
import { readerOf } from '@touchstone/contracts/http/reader-of';
import { decodePaymentSignatureHeader } from '@x402/core/http';
import { ExactEvmScheme } from '@x402/evm';
import { wrapFetchWithPayment, x402Client } from '@x402/fetch';
import type { PrivateKeyAccount } from 'viem/accounts';
import { z } from 'zod';
import { pause } from '../pause.js';
import type { Answer, Inference, Payment } from '../record.js';

/** Milliseconds that a caller waits for one answer before it asks again with the same payment. */
export const ATTEMPT_TIMEOUT_MS = 10_000;
/** Milliseconds after which a caller gives an inference up, which the suite counts as a failure. */
export const INFERENCE_TIMEOUT_MS = 120_000;
const RETRY_FIRST_MS = 200;
const RETRY_MAX_MS = 2_000;
const PAYMENT_HEADER = 'PAYMENT-SIGNATURE';

const authorizationSchema = z.object({
  authorization: z.object({ from: z.string(), nonce: z.string(), value: z.string() }),
});

/** Reads an acknowledged answer. */
export function readAnswer(body: string): Answer {
  const { verificationId, model, outputs } = readerOf(inferAnswer).parse(JSON.parse(body));
  return { verificationId, modelVersionId: model.modelVersionId, outputs, body };
}

function readPayment(header: string): Payment {
  const { authorization } = authorizationSchema.parse(decodePaymentSignatureHeader(header).payload);
  return {
    header,
    payer: authorization.from.toLowerCase(),
    nonce: authorization.nonce.toLowerCase(),
    amount: BigInt(authorization.value),
  };
}

/**
 * A caller as the protocol wants him: the unmodified official client pays; when no answer comes, the same request is
 * sent again with the same payment; only a payment that was refused for good is followed by a new one.
 */
export class Caller {
  private readonly client: x402Client;

  constructor(
    private readonly url: string,
    network: `${string}:${string}`,
    account: PrivateKeyAccount,
  ) {
    this.client = new x402Client().register(network, new ExactEvmScheme(account));
  }

  /** Asks until the answer is acknowledged or the time is up. */
  async ask(inference: Inference): Promise<void> {
    const deadline = performance.now() + INFERENCE_TIMEOUT_MS;
    for (let waitMs = RETRY_FIRST_MS; ; waitMs = Math.min(waitMs * 1.5, RETRY_MAX_MS)) {
      try {
        if (await this.attempt(inference)) return;
      } catch (error) {
        inference.lastFailure = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      }
      if (performance.now() > deadline) return;
      await pause(waitMs);
    }
  }

  /** Sends an acknowledged inference once more and gives what came. */
  async repeat(inference: Inference, payment: Payment): Promise<{ status: number; body: string }> {
    const response = await this.send(inference, fetch, { [PAYMENT_HEADER]: payment.header });
    return { status: response.status, body: await response.text() };
  }

  private async attempt(inference: Inference): Promise<boolean> {
    const pending = inference.payments.find(({ refusal }) => refusal === undefined);
    const response =
      pending === undefined
        ? await this.send(inference, wrapFetchWithPayment(this.noting(inference), this.client))
        : await this.resend(inference, pending);
    const body = await response.text();
    if (response.status === 200) {
      inference.answer = readAnswer(body);
      inference.acknowledgedAtMs = performance.now();
      return true;
    }
    const problem = describe(response.status, body);
    inference.lastFailure = problem.text;
    const current = inference.payments.at(-1);
    if (problem.refused && current !== undefined) current.refusal = problem.text;
    return false;
  }

  private resend(inference: Inference, payment: Payment): Promise<Response> {
    inference.attempts += 1;
    return this.send(inference, fetch, { [PAYMENT_HEADER]: payment.header });
  }

  /** A fetch for the official client that notes each payment before it leaves. */
  private noting(inference: Inference): typeof fetch {
    return (input, init) => {
      const request = new Request(input, init);
      const header = request.headers.get(PAYMENT_HEADER);
      if (header !== null) {
        inference.attempts += 1;
        inference.payments.push(readPayment(header));
      }
      return fetch(request);
    };
  }

  private send(
    { digit }: Inference,
    through: typeof fetch,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return through(this.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: digit.body,
      signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS),
    });
  }
}

/** What a caller makes of an answer that is none; `refused` when the gateway promises that nothing was charged. */
function describe(status: number, body: string): { text: string; refused: boolean } {
  const { code = '', detail = '' } = readProblem(jsonOf(body));
  return {
    text: `${status} ${code} ${code === '' ? body.slice(0, 200) : detail}`.trim(),
    refused: status === 402 && code === 'payment-invalid',
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
