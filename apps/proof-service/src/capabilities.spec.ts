import { describe, expect, it } from '@jest/globals';
import { capabilitiesOf } from './capabilities.js';

describe('the capabilities of a proof-service', () => {
  it('are its log, and the chains whose anchors it checks', () => {
    const TOUCHSTONE_LOG_ORIGIN = 'example.com/log';
    expect(capabilitiesOf({ TOUCHSTONE_LOG_ORIGIN, TOUCHSTONE_ANCHOR_CONTRACTS: undefined })).toEqual([
      'proof:example.com/log',
    ]);
    const TOUCHSTONE_ANCHOR_CONTRACTS = { 'eip155:8453': `0x${'aa'.repeat(20)}` } as const;
    expect(capabilitiesOf({ TOUCHSTONE_LOG_ORIGIN, TOUCHSTONE_ANCHOR_CONTRACTS })).toEqual([
      'proof:example.com/log',
      'anchor-check:eip155:8453',
    ]);
  });
});
