import { parseStrictJson } from '@touchstone/canonical-json';
import { CommandError, exitCodes } from '../exit-codes.js';
import { printableLine } from './printable.js';

/** Far above what a service says about a failure, and far below what a bundle may have. */
export const PROBLEM_BYTES_MAX = 8_192;

/**
 * Evidence that is piped from a service may be the service's problem (RFC 9457) instead, such as `evidence-pending`;
 * a list of what a bundle lacks would hide that.
 *
 * @throws CommandError `pending` for evidence that is not complete yet, `invalid` for every other problem
 */
export function requireNoProblem(text: Uint8Array, path: string): void {
  if (text.length > PROBLEM_BYTES_MAX) return;
  const parsed = parseStrictJson(text, { maxBytes: PROBLEM_BYTES_MAX });
  if (!parsed.ok || typeof parsed.value !== 'object' || parsed.value === null) return;
  const { type, code, title, detail = title } = parsed.value as Record<string, unknown>;
  if (typeof type !== 'string' || typeof code !== 'string' || typeof detail !== 'string') return;
  const pending = code === 'evidence-pending';
  throw new CommandError(
    pending ? exitCodes.pending : exitCodes.invalid,
    printableLine(
      `${path === '-' ? 'Standard input' : path} is no evidence but a service's answer, ${code}: ${detail}${pending ? ' Fetch it again later.' : ''}`,
    ),
  );
}
