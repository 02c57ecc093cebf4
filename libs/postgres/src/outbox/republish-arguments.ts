import { AppError, readRfc3339 } from '@touchstone/contracts';
import { parseArgs } from 'node:util';
import type { RepublishSelection } from './republish.js';

/** The arguments of `republish` for a help text. */
export const REPUBLISH_USAGE = '--since <time|90m|2h|3d> | --message <id> [--dry-run]';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^(\d{1,6})([smhd])$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What to publish again and whether only to count. */
export interface RepublishRequest {
  readonly selection: RepublishSelection;
  readonly dryRun: boolean;
}

/** @throws AppError `validation-failed` */
export function readRepublishArguments(args: readonly string[], nowMs: number): RepublishRequest {
  const { since, message, 'dry-run': dryRun = false } = parsed(args);
  return { selection: readSelection({ since, message }, nowMs), dryRun };
}

/** @throws AppError `validation-failed` unless exactly one of the two is given and can be read */
export function readSelection(
  { since, message }: { readonly since?: string | undefined; readonly message?: string | undefined },
  nowMs: number,
): RepublishSelection {
  if ((since === undefined) === (message === undefined)) throw refused('Give either --since or --message.');
  if (message !== undefined) {
    if (!UUID.test(message)) throw refused('--message: expected the id of an event, a UUID in lower case.');
    return { messageId: message };
  }
  return { sinceMs: readSince(since as string, nowMs) };
}

function readSince(text: string, nowMs: number): number {
  const [, count, unit] = DURATION.exec(text) ?? [];
  if (count !== undefined) return nowMs - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  const time = readRfc3339(text);
  if (time === undefined)
    throw refused(
      '--since: expected a time such as 2026-01-31T12:00:00Z or a duration such as 90m, 2h or 3d.',
    );
  if (time > nowMs) throw refused('--since lies in the future.');
  return time;
}

function parsed(args: readonly string[]) {
  try {
    const options = {
      since: { type: 'string' },
      message: { type: 'string' },
      'dry-run': { type: 'boolean' },
    } as const;
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw refused(error instanceof Error ? error.message : String(error));
  }
}

function refused(message: string): AppError {
  return new AppError('validation-failed', message);
}
