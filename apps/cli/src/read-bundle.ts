import { parseStrictJson } from '@touchstone/canonical-json';
import { bundleSchemaFor, EVIDENCE_BYTES_MAX, type EvidenceBundle } from '@touchstone/evidence';
import { z } from 'zod';
import { CommandError, exitCodes } from './exit-codes.js';
import { printable } from './terminal/printable.js';

/** A bundle, or why a text is none. */
export type ReadBundle =
  { readonly ok: true; readonly bundle: EvidenceBundle } | { readonly ok: false; readonly reason: string };

/** Reads a bundle without judging it. */
export function readBundle(text: Uint8Array): ReadBundle {
  const parsed = parseStrictJson(text, { maxBytes: EVIDENCE_BYTES_MAX });
  if (!parsed.ok) return { ok: false, reason: `Not strict JSON: ${printable(parsed.error.message)}` };
  const bundle = bundleSchemaFor(parsed.value).safeParse(parsed.value);
  if (bundle.success) return { ok: true, bundle: bundle.data };
  return { ok: false, reason: `Not an evidence bundle:\n${printable(z.prettifyError(bundle.error))}` };
}

/** @throws CommandError `invalid` */
export function requireBundle(text: Uint8Array): EvidenceBundle {
  const read = readBundle(text);
  if (!read.ok) throw new CommandError(exitCodes.invalid, read.reason);
  return read.bundle;
}
