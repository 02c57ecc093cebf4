import { inferAnswer } from '@touchstone/contracts/http/inference-gateway';
import type { StackDescription } from '@touchstone/embedded';
import type { PrivateKeyAccount } from 'viem/accounts';
import { CommandError, exitCodes } from '../exit-codes.js';
import { showModel } from '../stack/gateway.js';
import { describeProblem, readAnswer } from '../stack/running-stack.js';
import { TRANSFER_HEADER } from '../stack/transfer.js';
import { transferringFetch } from '../stack/transferring-fetch.js';
import type { ReadBalance } from './attempts.js';
import { infer, type Digit } from './digits.js';
import type { StepLog } from './step-log.js';

/** Pays for one digit by a transfer, and tries to have the same transfer pay for another one. */
export async function payByTransfer(
  log: StepLog,
  stack: StackDescription,
  account: PrivateKeyAccount,
  { url, price, digits }: { url: string; price: bigint; digits: readonly Digit[] },
  balance: ReadBalance,
): Promise<void> {
  const [paid, other] = digits as [Digit, Digit];
  const { modelVersionId } = await showModel(stack, 'digits');
  const before = await balance();
  let header = '';
  const send = transferringFetch(stack, account, price, modelVersionId, (claim) => {
    header = claim;
  });
  const response = await infer(send, url, paid.body);
  if (response.status !== 200)
    throw new CommandError(exitCodes.invalid, await describeProblem(url, response));
  const { payment } = await readAnswer(url, inferAnswer, response);
  const transaction = payment !== null && 'txHash' in payment ? payment.txHash : '';
  log.print(`   transfer 0x${transaction}`);
  log.check('the transfer paid for its request, and once', before - (await balance()) === price);
  const refused = await infer(fetch, url, other.body, { [TRANSFER_HEADER]: header });
  await refused.body?.cancel();
  log.check('its claim pays for no other request', transaction !== '' && refused.status === 402);
}
