import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@touchstone/contracts';
import type { NodeDetail } from '@touchstone/contracts/http/attestation-hub';
import { CLOCK, CONFIG, type Clock } from '@touchstone/platform/wiring';
import type { Config } from '../config.js';
import type { NodeReader } from '../domain/ports.js';
import { Zones } from '../domain/zones.js';
import { NODE_READER } from '../tokens.js';
import { presentBaseline, presentEntry, presentNode, type Sight } from './present-node.js';

/** What nodes look like now, whoever asks over whatever transport. */
@Injectable()
export class NodeViews {
  constructor(
    @Inject(NODE_READER) private readonly reader: NodeReader,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(Zones) private readonly zones: Zones,
  ) {}

  /** @throws AppError `not-found` */
  async detail(id: string): Promise<NodeDetail> {
    const node = await this.reader.find(id);
    if (node === undefined) throw new AppError('not-found', `No heartbeat of a node ${id} ever came.`);
    const history = await this.reader.history(id);
    const governance = (await this.reader.governance([id]))(id);
    const { nowMs } = this.sight();
    return {
      ...presentNode(node, governance, this.sight()),
      baseline: presentBaseline(governance.baseline),
      rollouts: governance.rollouts.filter(({ endsAtMs }) => nowMs < endsAtMs).map(({ name }) => name),
      history: history.map(presentEntry),
    };
  }

  sight(): Sight {
    const { TOUCHSTONE_STALE_AFTER_MS: staleAfterMs } = this.config;
    return { nowMs: this.clock.nowMs(), staleAfterMs, zones: this.zones };
  }
}
