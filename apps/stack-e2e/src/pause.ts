/** Resolves after that many milliseconds. */
export function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

/**
 * Asks until the answer is not `undefined`; what throws counts as no answer yet.
 *
 * @throws Error that names `what` and the last failure when that takes longer than `timeoutMs`
 */
export async function eventually<T>(
  what: string,
  timeoutMs: number,
  ask: () => Promise<T | undefined>,
  pollMs = 50,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let failure: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > deadline) {
      const reason = failure instanceof Error ? `: ${failure.message}` : '';
      throw new Error(`${what} did not happen within ${timeoutMs / 1_000} s${reason}`);
    }
    await pause(pollMs);
  }
}
