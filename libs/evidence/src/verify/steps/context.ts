import { canonicalJsonOfParsed } from '@touchstone/canonical-json';
import { contextNonce } from '../../output/context.js';
import { ARITHMETIC, passIfEqual } from '../outcome.js';
import type { StepDefinition } from '../step-definition.js';

export const context = {
  name: 'context',
  meaning: 'Request, payment, node and build are the ones that the nonce commits to.',
  of: 'output',
  class: 'core',
  label: 'L1',
  run: ({ bundle: { subject } }) =>
    passIfEqual(
      {
        expected: subject.proof.nonce,
        actual: contextNonce(subject.context, canonicalJsonOfParsed),
        restsOn: ARITHMETIC,
      },
      'the nonce is not the hash of this context: request, payment, node or build was changed',
    ),
} as const satisfies StepDefinition;
