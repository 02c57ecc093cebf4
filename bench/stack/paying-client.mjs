// The unmodified official x402 client with the stack's development payer.
import { createPayer, developmentPayer } from '../../apps/cli/dist/stack/payer.js';

/**
 * Makes a client of its own. `infer(body)` pays and gives the answer's text with the payment header that bought it.
 *
 * @throws Error when the answer is not 200 or carries no receipt
 */
export function payingClient(stack, stateDir, url) {
  const account = developmentPayer(stateDir);
  const infer = async (body) => {
    // One for each answer, because it remembers its last payment alone.
    const payer = createPayer(stack, account);
    const response = await payer.fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const text = await response.text();
    if (response.status !== 200 || !response.headers.has('PAYMENT-RESPONSE'))
      throw new Error(`A paid inference was answered ${response.status}: ${text.slice(0, 300)}`);
    return { text, body, payment: payer.lastPayment() };
  };
  return { account, infer };
}
