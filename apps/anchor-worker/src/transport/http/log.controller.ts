import { Controller, Get, Inject } from '@nestjs/common';
import { AppError, uuidV7 } from '@touchstone/contracts';
import {
  anchorAnswer,
  checkpointAnswer,
  type AnchorAnswer,
  type CheckpointAnswer,
} from '@touchstone/contracts/http/anchor-worker';
import { ApiRoute, ZodParam } from '@touchstone/platform/http';
import { CONFIG } from '@touchstone/platform/wiring';
import type { Config } from '../../config.js';
import type { AnchorReader } from '../../domain/anchor/anchor-reader.js';
import { ANCHOR_READER } from '../../tokens.js';

/** Single anchors and the head of the log. */
@Controller('v1')
export class LogController {
  constructor(
    @Inject(ANCHOR_READER) private readonly reader: AnchorReader,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get('anchors/:anchorId')
  @ApiRoute({
    summary: 'Shows an anchor with its state and, once it is final, its proof.',
    description:
      'Takes the id of an anchor, or that of a batch, which gives the anchor that covers it first.',
    tags: ['anchors'],
    response: anchorAnswer,
    errors: ['not-found', 'validation-failed'],
  })
  async anchor(@ZodParam('anchorId', uuidV7) anchorId: string): Promise<AnchorAnswer> {
    const record = await this.reader.anchor(anchorId);
    if (record === undefined) throw new AppError('not-found', `There is no anchor for ${anchorId}.`);
    return record;
  }

  @Get('checkpoints/latest')
  @ApiRoute({
    summary: 'Shows the newest signed checkpoint of the log.',
    tags: ['log'],
    response: checkpointAnswer,
    errors: ['not-found'],
  })
  async latestCheckpoint(): Promise<CheckpointAnswer> {
    const checkpoint = await this.reader.latestCheckpoint();
    if (checkpoint === undefined) throw new AppError('not-found', 'No checkpoint is signed yet.');
    return { origin: this.config.TOUCHSTONE_LOG_ORIGIN, ...checkpoint };
  }
}
