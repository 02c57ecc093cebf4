import type { Prepared, Signing } from '../lane/lane-ports.js';
import type { Call, LaneTransaction } from '../lane/lane-transaction.js';

/** What became of one call. */
export type Signed = Prepared;

/**
 * Has calls signed under consecutive nonces, side by side. A call that is refused leaves no gap: those behind it are
 * signed again one nonce lower, and what was signed for them before was never stored and is never sent.
 */
export async function signInOrder(
  due: readonly { readonly subject: string; readonly call: Call }[],
  first: number,
  { account, sign }: Signing,
  { newId, nowMs }: { readonly newId: () => string; readonly nowMs: () => number },
): Promise<Map<string, Signed>> {
  const signed = new Map<string, Signed>();
  let nonce = first;
  let rest = due;
  while (rest.length > 0) {
    const answers = await Promise.allSettled(rest.map(({ call }, place) => sign(call, nonce + place)));
    const failed = answers.findIndex(({ status }) => status === 'rejected');
    const good = failed < 0 ? rest.length : failed;
    for (const [place, { subject, call }] of rest.slice(0, good).entries()) {
      const answer = answers[place];
      if (answer?.status !== 'fulfilled') break;
      const transaction: LaneTransaction = {
        id: newId(),
        subject,
        account,
        nonce,
        call,
        state: 'open',
        attempts: [answer.value],
        placement: undefined,
        usedUpAtBlock: null,
        signedAtMs: nowMs(),
      };
      signed.set(subject, { ok: true, transaction });
      nonce += 1;
    }
    const refused = rest[good];
    const reason = answers[good];
    if (refused !== undefined && reason?.status === 'rejected')
      signed.set(refused.subject, { ok: false, error: reason.reason });
    rest = rest.slice(good + 1);
  }
  return signed;
}
