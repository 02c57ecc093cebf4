import { parseStrictJson, type StrictJsonResult } from '../src/index.js';

/** Limits that only texts made for it reach. */
export const limits = { maxBytes: 1_000_000 };

/** The value of a text that the gate must accept. */
export function accepted(text: string | Uint8Array): unknown {
  const result = parseStrictJson(text, limits);
  if (!result.ok) throw new Error(`refused: ${result.error.reason} ${result.error.message}`);
  return result.value;
}

/** Reason and place of a refusal, in one line. */
export function refused(result: StrictJsonResult): string {
  return result.ok ? 'accepted' : `${result.error.reason} ${result.error.pointer}`;
}
