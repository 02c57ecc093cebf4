import { Controller, Get, Res } from '@nestjs/common';
import { ApiRoute, ZodParam, ZodQuery } from '@touchstone/platform/http';
import { hex32 } from '@touchstone/contracts';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import {
  checkpointAnswer,
  consistencyAnswer,
  consistencyQuery,
  entryAnswer,
  treeSize,
  type CheckpointAnswer,
  type ConsistencyAnswer,
  type ConsistencyQuery,
  type EntryAnswer,
} from '@touchstone/contracts/http/proof-service';
import { EntryProofs } from '../../domain/proof/entry-proofs.js';
import { LogReader } from '../../domain/proof/log-reader.js';
import { presentCheckpoint, presentConsistency, presentEntry } from '../present-proof.js';

/** The log: its newest head as a note, older heads, and consistency between sizes. */
@Controller()
export class LogController {
  constructor(
    private readonly log: LogReader,
    private readonly entries: EntryProofs,
  ) {}

  @Get('checkpoint')
  @ApiRoute({
    summary: 'Gives the newest signed checkpoint as a note (C2SP tlog-checkpoint).',
    public: true,
    tags: ['log'],
    responses: { 200: { description: 'The note.', mediaType: 'text/plain', schema: z.string() } },
    errors: ['not-found', 'dependency-unavailable'],
  })
  async newest(@Res() response: ServerResponse): Promise<void> {
    const { note } = await this.log.newest();
    const body = Buffer.from(note);
    const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache' };
    response.writeHead(200, { ...headers, 'content-length': body.length }).end(body);
  }

  @Get('v1/checkpoints/:size')
  @ApiRoute({
    summary: 'Gives the checkpoint of a size with its final anchors.',
    public: true,
    tags: ['log'],
    response: checkpointAnswer,
    errors: ['not-found', 'validation-failed', 'dependency-unavailable'],
  })
  async ofSize(@ZodParam('size', treeSize) size: string): Promise<CheckpointAnswer> {
    return presentCheckpoint(await this.log.ofSize(BigInt(size)));
  }

  @Get('v1/log/entries/:sha256')
  @ApiRoute({
    summary: 'Gives an entry that is no batch, by the SHA-256 of its text, with its proof.',
    public: true,
    description:
      'Of a model commitment that is its commitmentHash. Set-ups of keys name theirs too. Without a logProof the entry is not covered by a signed checkpoint yet.',
    tags: ['log'],
    response: entryAnswer,
    errors: ['not-found', 'validation-failed', 'dependency-unavailable'],
  })
  async entry(@ZodParam('sha256', hex32) sha256: string): Promise<EntryAnswer> {
    return presentEntry(await this.entries.read(Buffer.from(sha256, 'hex')));
  }

  @Get('v1/log/consistency')
  @ApiRoute({
    summary: 'Proves that the log of one size is the beginning of a later one.',
    public: true,
    tags: ['log'],
    response: consistencyAnswer,
    errors: ['not-found', 'validation-failed', 'dependency-unavailable'],
  })
  async consistency(@ZodQuery(consistencyQuery) { from, to }: ConsistencyQuery): Promise<ConsistencyAnswer> {
    return presentConsistency(await this.log.consistency(BigInt(from), BigInt(to)));
  }
}
