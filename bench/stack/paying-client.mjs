// The unmodified official x402 client with the stack's development payer, over a fetch that remembers what was paid.
import { ExactEvmScheme } from '@x402/evm';
import { wrapFetchWithPayment, x402Client } from '@x402/fetch';
import { developmentPayer } from '../../apps/cli/dist/stack/payer.js';

const HEADER = 'PAYMENT-SIGNATURE';

/**
 * Makes a client of its own. `infer(body)` pays and gives the answer's text with the payment header that bought it.
 *
 * @throws Error when the answer is not 200 or carries no receipt
 */
export function payingClient(stack, stateDir, url) {
  const account = developmentPayer(stateDir);
  const scheme = new ExactEvmScheme(account);
  const network = `eip155:${stack.chain.chainId}`;
  const infer = async (body) => {
    let payment;
    const observed = (input, init) => {
      const request = new globalThis.Request(input, init);
      payment = request.headers.get(HEADER) ?? payment;
      return fetch(request);
    };
    const pay = wrapFetchWithPayment(observed, new x402Client().register(network, scheme));
    const response = await pay(url, {
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
