import { parseStrictJson } from '@touchstone/canonical-json';
import { bundleSchemaFor, EVIDENCE_BYTES_MAX, type EvidenceBundle } from '../../bundle/schema.js';
import { fit } from '../../schema-issues.js';
import { ARITHMETIC, fail, pass, type CoreOutcome } from '../outcome.js';
import type { StepDefinition } from '../step-definition.js';

const shown = { expected: 'an evidence bundle of version 1', restsOn: ARITHMETIC };

/** Reads a bundle, or says what the gate refuses; without a bundle no other step runs. */
export function openBundle(text: string | Uint8Array): EvidenceBundle | { readonly refusal: CoreOutcome } {
  const parsed = parseStrictJson(text, { maxBytes: EVIDENCE_BYTES_MAX });
  if (!parsed.ok) {
    const { pointer, message } = parsed.error;
    return { refusal: fail({ ...shown, detail: `${pointer || '/'}: ${message}` }) };
  }
  const bundle = fit(bundleSchemaFor(parsed.value), parsed.value);
  return bundle.ok ? bundle.value : { refusal: fail({ ...shown, detail: bundle.detail }) };
}

export const gate = {
  name: 'gate',
  meaning: 'The text is strict JSON of the closed schema.',
  class: 'core',
  label: 'L1',
  run: () => pass(shown),
} as const satisfies StepDefinition;
