import type { StackDescription } from '@touchstone/embedded';
import { CommandError, exitCodes } from '../exit-codes.js';
import { describeProblem, urlOf, withinTime } from './running-stack.js';

const POLL_MS = 250;
/**
 * Answers after which the same question is worth asking again: not final yet; a record that was accepted a moment ago and has not
 * reached the proof service; and what a busy service, one that waits for its database, or a proxy before it says.
 */
const COME_AGAIN: ReadonlySet<number> = new Set([202, 404, 429, 502, 503, 504]);

/** The networks on which a stack anchors. */
export const anchorNetworks = ({ chain, tsa }: StackDescription): readonly string[] => [
  `eip155:${chain.chainId}`,
  ...(tsa ? [tsa.network] : []),
];

/**
 * Waits until the proof service has a bundle with final anchors, on some network or on each of those that are named, and returns
 * its exact text.
 *
 * @throws CommandError `pending` when that takes longer than `timeoutMs`
 */
export function anchoredEvidence(
  stack: StackDescription,
  verificationId: string,
  timeoutMs: number,
  networks?: readonly string[],
): Promise<string> {
  return anchoredBundle(
    `${urlOf(stack, 'proof-service')}/v1/evidence/${verificationId}?`,
    timeoutMs,
    networks,
  );
}

/** {@link anchoredEvidence} once it carries the proof of the execution. */
export async function provenEvidence(
  stack: StackDescription,
  verificationId: string,
  timeoutMs: number,
): Promise<string> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const text = await anchoredEvidence(stack, verificationId, Math.max(0, deadline - Date.now()));
    if (Object.hasOwn(JSON.parse(text) as object, 'zk')) return text;
    if (Date.now() > deadline)
      throw new CommandError(
        exitCodes.pending,
        `The evidence carries no proof after ${timeoutMs / 1_000} s; ask for it again later.`,
      );
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** {@link anchoredEvidence} of a bundle by its URL, which has a query that may be empty. */
export function anchoredBundle(
  bundleUrl: string,
  timeoutMs: number,
  networks: readonly string[] = ['anchored'],
): Promise<string> {
  return bundleAt(`${bundleUrl}&require=${networks.join(',')}`.replace('?&', '?'), timeoutMs);
}

/** Waits until the proof service answers a URL with a bundle. @throws CommandError `pending` when that takes longer */
export async function bundleAt(url: string, timeoutMs: number): Promise<string> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const text = await withinTime(url, async (signal) => {
      const response = await fetch(url, { signal });
      if (response.status === 200) return response.text();
      if (!COME_AGAIN.has(response.status))
        throw new CommandError(exitCodes.io, await describeProblem(url, response));
      if (Date.now() > deadline) {
        throw new CommandError(
          exitCodes.pending,
          `The evidence is not there after ${timeoutMs / 1_000} s: ${await describeProblem(url, response)}`,
        );
      }
      await response.body?.cancel();
      return undefined;
    });
    if (text !== undefined) return text;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
