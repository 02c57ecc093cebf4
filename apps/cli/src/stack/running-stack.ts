import { lockHolder, readStack, type StackDescription } from '@touchstone/embedded';
import { findingsOf, type ServiceName } from '@touchstone/contracts';
import { readProblem } from '@touchstone/contracts/http/every-service';
import { readerOf } from '@touchstone/contracts/http/reader-of';
import type { z } from 'zod';
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

/** Where services are reached: of a running stack, or of an installation that somebody names. */
export type ServiceUrls = Pick<StackDescription, 'urls'>;

/** Base URL of a service. */
export function urlOf(stack: ServiceUrls, service: ServiceName): string {
  const url = stack.urls[service];
  if (url === undefined) throw new CommandError(exitCodes.configuration, `The stack runs no ${service}.`);
  return url;
}

/** A base URL that somebody typed, without the slash at its end. @throws CommandError `usage` for what is none */
export function baseUrl(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new CommandError(exitCodes.usage, `${text} is no URL such as http://127.0.0.1:8081.`);
  return text.replace(/\/+$/, '');
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
 * Fetches JSON from a service, reads it by the contract of that answer and turns a problem into a readable failure.
 *
 * @throws CommandError `io`
 */
export function fetchJson<T extends z.ZodType>(
  url: string,
  contract: T,
  init: RequestInit = {},
  timeoutMs = REQUEST_TIMEOUT_MS,
): Promise<z.output<T>> {
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
      return readAnswer(url, contract, response);
    },
    timeoutMs,
  );
}

/**
 * Reads the body of an answer by its contract; members that this version does not know are kept.
 *
 * @throws CommandError `io` that says what differs first
 */
export async function readAnswer<T extends z.ZodType>(
  url: string,
  contract: T,
  response: Response,
): Promise<z.output<T>> {
  const answered = `${url} answered ${response.status}`;
  const read = readerOf(contract).safeParse(jsonOf(await response.text(), answered));
  if (read.success) return read.data;
  const [first, ...others] = findingsOf(read.error);
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new CommandError(
    exitCodes.io,
    `${answered} with a body that this version cannot read: ${printableLine(`${first?.pointer || '/'}: ${first?.detail}`)}${more}`,
  );
}

function jsonOf(text: string, answered: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandError(exitCodes.io, `${answered} with a body that is no JSON.`);
  }
}

/** One sentence on what a service refused and why, as it may go to a terminal. */
export async function describeProblem(url: string, response: Response): Promise<string> {
  const { code, detail, errors } = readProblem(await response.json().catch(() => undefined));
  const findings = errors
    .map(({ pointer, detail }) => `\n  ${printableLine(`${pointer || '/'}: ${detail}`)}`)
    .join('');
  const refusal = printableLine(`${code ?? response.statusText}: ${detail ?? ''}`);
  return `${url} answered ${response.status} ${refusal}${findings}`;
}
