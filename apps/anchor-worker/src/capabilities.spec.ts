import { describe, expect, it } from '@jest/globals';
import { capabilitiesOf } from './capabilities.js';
import type { Config } from './config.js';

const TOUCHSTONE_LOG_ORIGIN = 'example.com/log';
const TOUCHSTONE_ANCHOR_TARGETS = [
  { kind: 'evm', network: 'eip155:8453' },
  { kind: 'rfc3161', network: 'tsa:example.com' },
] as Config['TOUCHSTONE_ANCHOR_TARGETS'];

describe('the capabilities of an anchor-worker', () => {
  it('are the kinds and networks that it anchors on', () => {
    expect(
      capabilitiesOf({ ANCHOR_MODE: 'advanced', TOUCHSTONE_ANCHOR_TARGETS, TOUCHSTONE_LOG_ORIGIN }),
    ).toEqual([
      ...['anchor:advanced', 'anchor:evm:eip155:8453', 'anchor:rfc3161:tsa:example.com'],
      'log:example.com/log',
    ]);
  });

  it('name no network that it does not anchor on', () => {
    expect(
      capabilitiesOf({ ANCHOR_MODE: 'synthetic', TOUCHSTONE_ANCHOR_TARGETS, TOUCHSTONE_LOG_ORIGIN }),
    ).toEqual(['anchor:synthetic', 'log:example.com/log']);
  });
});
