import { canonicalJsonOfParsed } from '@touchstone/canonical-json';
import { requestDigest } from '../../output/context.js';
import { absent, ARITHMETIC, fail, passIfEqual } from '../outcome.js';
import type { StepDefinition } from '../step-definition.js';

export const payment = {
  name: 'payment',
  meaning: 'The disclosed request is the one that the payment was bound to.',
  of: 'output',
  class: 'core',
  run: ({ bundle: { subject, payment } }) => {
    const expected = subject.context.requestDigest;
    if (!payment)
      return absent({ restsOn: 'nothing: the bundle does not disclose the request that was paid for' });
    const { requestParts } = payment;
    const actual = requestDigest(requestParts, canonicalJsonOfParsed);
    if (expected === null) {
      const detail = 'the signed context names no request';
      return fail({ expected: 'null', actual, restsOn: ARITHMETIC, detail });
    }
    if (requestParts.modelVersionId !== subject.proof.modelVersionId) {
      return fail({
        expected: subject.proof.modelVersionId,
        actual: requestParts.modelVersionId,
        restsOn: ARITHMETIC,
        detail: 'the request was for another model version',
      });
    }
    const restsOn = `${ARITHMETIC}; that the transfer settled is for the chain to say`;
    return passIfEqual({ expected, actual, restsOn }, 'the request parts are not the ones that were signed');
  },
} as const satisfies StepDefinition;
