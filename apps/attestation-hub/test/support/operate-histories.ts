import { expect } from '@jest/globals';
import type { FakeClock } from '@touchstone/testing';
import type { Hub } from './hub-fixture.js';
import type { ReferenceDecisions } from './reference-decisions.js';

const HASH = 'a1'.repeat(32);
/** Machines that share a name and are updated; of others of this kind nobody tells the hub. */
const updated = ['node-03', 'node-12', 'node-21', 'node-30'];

/** What an operator does while histories are played, at the hub and in the reference. */
export class HistoriesOperator {
  constructor(
    private readonly hub: Hub,
    private readonly clock: FakeClock,
    private readonly reference: ReferenceDecisions,
  ) {}

  async round(round: number): Promise<void> {
    const wave = Math.floor(round / 500);
    const at = round % 500;
    if (at === 14) await this.startAll(wave);
    // One ends in time, one is taken back, one is left to its time, and one is over while machines are still updated.
    if (at === 40) await this.end(`${updated[0]}-${wave}`, 'completed');
    if (at === 45) await this.end(`${updated[1]}-${wave}`, 'cancelled');
    if (at === 42) await this.approve('node-08', 'build-2');
  }

  private async startAll(wave: number): Promise<void> {
    for (const [index, node] of updated.entries()) {
      const seconds = index === 3 ? 100 : 350;
      const name = `${node}-${wave}`;
      const build = { buildId: `build-${wave + 1}`, capabilityHash: HASH };
      const response = await this.send('PUT', `/v1/rollouts/${name}`, { ...build, nodes: [node], seconds });
      expect(response).toBe(200);
      this.reference.start(name, {
        ...{ nodes: [node], build: `${build.buildId} ${HASH}` },
        endsAtMs: this.clock.nowMs() + seconds * 1_000,
      });
    }
  }

  private async end(name: string, outcome: 'completed' | 'cancelled'): Promise<void> {
    expect(await this.send('POST', `/v1/rollouts/${name}/end`, { outcome })).toBe(200);
    this.reference.end(name, outcome, this.clock.nowMs());
  }

  private async approve(node: string, buildId: string): Promise<void> {
    const build = { buildId, capabilityHash: HASH };
    expect(await this.send('POST', `/v1/nodes/${node}/baselines`, build)).toBe(200);
    this.reference.approve(node, `${buildId} ${HASH}`);
  }

  private async send(method: 'PUT' | 'POST', path: string, body: object): Promise<number> {
    const response = await this.hub.operate(method, path, body);
    return response.status;
  }
}
