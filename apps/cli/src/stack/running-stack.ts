import { lockHolder, readStack, type StackDescription } from '@touchstone/embedded';
import type { ServiceName } from '@touchstone/contracts';
import { z } from 'zod';
import { CommandError, exitCodes } from '../exit-codes.js';
import { printableLine } from '../terminal/printable.js';

/** Milliseconds that one request to a service of the stack may take. */
export const REQUEST_TIMEOUT_MS = 30_000;

/**
 * Finds the running stack of a state folder.
 *
 * @throws CommandError `configuration` when none runs there, or it has not started up yet
 */
export function requireStack(stateDir: string): StackDescription {
  const stack = readStack(stateDir);
  if (stack) return stack;
  const starting = lockHolder(stateDir);
  throw new CommandError(
    exitCodes.configuration,
    starting
      ? `The stack on ${stateDir} is not ready (pid ${starting.pid} starts or stops it); try again in a moment.`
      : `No stack runs on ${stateDir}. Start one with: touchstone up --state ${stateDir}`,
  );
}

/** Base URL of a service. */
export function urlOf(stack: StackDescription, service: ServiceName): string {
  const url = stack.urls[service];
  if (url === undefined) throw new CommandError(exitCodes.configuration, `The stack runs no ${service}.`);
  return url;
}

/**
 * Gives a request, with the reading of its answer, so much time.
 *
 * @throws CommandError `io` when that was not enough
 */
export async function withinTime<T>(
  url: string,
  request: (signal: AbortSignal) => Promise<T>,
  timeoutMs = REQUEST_TIMEOUT_MS,
): Promise<T> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await request(signal);
  } catch (error) {
    if (!signal.aborted || error instanceof CommandError) throw error;
    throw new CommandError(exitCodes.io, `${url} did not answer within ${timeoutMs / 1_000} s.`);
  }
}

/**
 * Fetches JSON from a service and turns a problem into a readable failure.
 *
 * @throws CommandError `io`
 */
export function fetchJson<T>(
  url: string,
  init: RequestInit = {},
  timeoutMs = REQUEST_TIMEOUT_MS,
): Promise<T> {
  return withinTime(
    url,
    async (signal) => {
      const response = await fetch(url, { ...init, signal }).catch((error: unknown) => {
        if (signal.aborted) throw error;
        throw new CommandError(
          exitCodes.io,
          `${url} does not answer: ${error instanceof Error ? error.message : String(error)}`,
        );
      });
      if (!response.ok) throw new CommandError(exitCodes.io, await describeProblem(url, response));
      return (await response.json()) as T;
    },
    timeoutMs,
  );
}

/** What is read of a problem (RFC 9457); what answers may be anything. */
const problem = z.object({
  code: z.string().optional(),
  detail: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
});

/** One sentence on what a service refused and why, as it may go to a terminal. */
export async function describeProblem(url: string, response: Response): Promise<string> {
  const { data: body = {} } = problem.safeParse(await response.json().catch(() => undefined));
  const findings = (body.errors ?? [])
    .map(({ pointer, detail }) => `\n  ${printableLine(`${pointer || '/'}: ${detail}`)}`)
    .join('');
  const refusal = printableLine(`${body.code ?? response.statusText}: ${body.detail ?? ''}`);
  return `${url} answered ${response.status} ${refusal}${findings}`;
}
