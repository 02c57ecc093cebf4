// The unmodified official x402 client with the stack's development payer.
import { ExactEvmScheme } from '@x402/evm';
import { wrapFetchWithPayment, x402Client } from '@x402/fetch';
import { developmentPayer } from '../../apps/cli/dist/stack/payer.js';

/**
 * Makes a client of its own. `infer(body)` pays and gives the answer's text with the payment header that bought it.
 *
 * @throws Error when the answer is not 200 or carries no receipt
 */
export function payingClient(stack, stateDir, url) {
  const account = developmentPayer(stateDir);
  const client = new x402Client().register(`eip155:${stack.chain.chainId}`, new ExactEvmScheme(account));
  const infer = async (body) => {
    let payment;
    const observed = (input, init) => {
      const request = new Request(input, init);
      payment = request.headers.get('PAYMENT-SIGNATURE') ?? payment;
      return fetch(request);
    };
    const response = await wrapFetchWithPayment(observed, client)(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const text = await response.text();
    if (response.status !== 200 || !response.headers.has('PAYMENT-RESPONSE'))
      throw new Error(`A paid inference was answered ${response.status}: ${text.slice(0, 300)}`);
    return { text, body, payment };
  };
  return { account, infer };
}
