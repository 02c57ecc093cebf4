const POLL_INTERVAL_MS = 25;

/** What is left of a type when the values that count as not yet are gone. */
type Truthy<T> = Exclude<T, false | null | undefined | 0 | 0n | ''>;

/**
 * Asks again and again until `probe` gives something truthy, and returns that. A probe that throws counts as not
 * yet; its last error is the cause when the time is up.
 */
export async function waitUntil<T>(
  probe: () => T | Promise<T>,
  timeoutMs = 5_000,
  what = 'the condition',
): Promise<Truthy<T>> {
  const deadline = Date.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value as Truthy<T>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`Waited ${timeoutMs} ms for ${what} in vain.`, { cause });
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
}
