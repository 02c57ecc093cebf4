import { describe, expect, it } from '@jest/globals';
import { capabilitiesOf } from './capabilities.js';

describe('the capabilities of a signer', () => {
  it('are its verbs, the format of its signatures and its log', () => {
    expect(capabilitiesOf({ SIGNATURE_FORMAT: 'compact', TOUCHSTONE_LOG_ORIGIN: 'example.com/log' })).toEqual(
      expect.arrayContaining(['signer:sign-output', 'signature:compact', 'log:example.com/log']),
    );
  });
});
