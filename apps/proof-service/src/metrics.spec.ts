import { describe, expect, it } from '@jest/globals';
import { Registry } from '@touchstone/platform/observability';
import { ProofMetrics } from './metrics.js';

describe('figures of the proof-service', () => {
  it('tell the way of an output from its request and from its recording apart', async () => {
    const registry = new Registry();
    const metrics = new ProofMetrics(registry, () => Promise.reject(new Error('away')));
    metrics.checkpointVerified([
      { verificationId: 'a', seconds: 1, secondsSinceRequest: 3 },
      { verificationId: 'b', seconds: 2, secondsSinceRequest: 11 },
    ]);
    metrics.outputsAnchored([{ verificationId: 'a', seconds: 40, secondsSinceRequest: 42 }]);
    metrics.built(0.25);
    const lines = (await registry.metrics()).split('\n');
    for (const line of [
      'touchstone_proof_ready_seconds_sum 3',
      'touchstone_proof_end_to_end_seconds_sum 14',
      'touchstone_proof_end_to_end_seconds_bucket{le="10"} 1',
      'touchstone_proof_end_to_end_seconds_count 2',
      'touchstone_proof_anchored_seconds_sum 40',
      'touchstone_proof_bundle_seconds_sum 0.25',
    ])
      expect(lines).toContain(line);
  });
});
