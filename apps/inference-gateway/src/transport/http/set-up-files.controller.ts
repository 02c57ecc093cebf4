import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { AppError, uuidV7 } from '@touchstone/contracts';
import { circuitOptions, circuitSetUp, modelCircuit } from '@touchstone/contracts/circuit';
import type { SetUpFile } from '@touchstone/contracts/http/set-ups';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { ApiRoute, ZodParam, type ApiRouteOptions, type HttpRequest } from '@touchstone/platform/http';
import type { ServerResponse } from 'node:http';
import type { z } from 'zod';
import { circuitText, transcriptText } from '../../domain/set-up/set-up-files.js';
import type { SetUp, SetUpStore } from '../../domain/set-up/set-up.js';
import { SET_UPS } from '../../tokens.js';
import { DownloadSlots } from './download-slots.js';
import { invitedBy } from './invitation.guard.js';
import { Operator } from './operator.js';

const fileRoute = (
  summary: string,
  form: { schema?: z.ZodType; mediaType?: string },
  security: readonly string[] = [],
): ApiRouteOptions => ({
  summary,
  tags: ['set-ups'],
  ...(security.length > 0 ? { security: [...security] } : { public: true }),
  responses: { 200: { description: 'The file; its entity tag is its SHA-256.', ...form } },
  errors: [
    ...(security.length > 0 ? (['unauthenticated'] as const) : []),
    'validation-failed',
    'not-found',
    'queue-full',
    'dependency-unavailable',
  ],
});

const binary = { mediaType: 'application/octet-stream' };
const parties = ['party', 'operator'];

/** The files of a set-up. Model, options and keys hold the weights: they are for the parties and the operator, unless it is public. */
@Controller('v1/set-ups')
export class SetUpFilesController {
  private readonly slots = new DownloadSlots();

  constructor(
    @Inject(SET_UPS) private readonly store: SetUpStore,
    @Inject(Operator) private readonly operator: Operator,
  ) {}

  @Get(':id/model.onnx')
  @ApiRoute(fileRoute('Gives the ONNX file that keys are set up for.', binary, parties))
  model(
    @ZodParam('id', uuidV7) id: string,
    @Req() request: HttpRequest,
    @Res() response: ServerResponse,
  ): Promise<void> {
    return this.send('model.onnx', id, request, response);
  }

  @Get(':id/options.json')
  @ApiRoute(fileRoute('Gives what the model is compiled by.', { schema: circuitOptions }, parties))
  options(
    @ZodParam('id', uuidV7) id: string,
    @Req() request: HttpRequest,
    @Res() response: ServerResponse,
  ): Promise<void> {
    return this.send('options.json', id, request, response);
  }

  @Get(':id/proving-key.zkey')
  @ApiRoute(
    fileRoute('Gives the newest key, to contribute to it; once finished, the proving key.', binary, parties),
  )
  provingKey(
    @ZodParam('id', uuidV7) id: string,
    @Req() request: HttpRequest,
    @Res() response: ServerResponse,
  ): Promise<void> {
    return this.send('proving-key.zkey', id, request, response);
  }

  @Get(':id/circuit.json')
  @ApiRoute(
    fileRoute('Gives descriptor, verification key and class of a finished set-up.', { schema: modelCircuit }),
  )
  circuit(
    @ZodParam('id', uuidV7) id: string,
    @Req() request: HttpRequest,
    @Res() response: ServerResponse,
  ): Promise<void> {
    return this.send('circuit.json', id, request, response);
  }

  @Get(':id/set-up.json')
  @ApiRoute(
    fileRoute('Gives the transcript of a finished set-up, whose SHA-256 the log has.', {
      schema: circuitSetUp,
    }),
  )
  transcript(
    @ZodParam('id', uuidV7) id: string,
    @Req() request: HttpRequest,
    @Res() response: ServerResponse,
  ): Promise<void> {
    return this.send('set-up.json', id, request, response);
  }

  private async send(
    name: SetUpFile,
    id: string,
    request: HttpRequest,
    response: ServerResponse,
  ): Promise<void> {
    const setUp = await this.store.find(id);
    if (setUp === undefined) throw new AppError('not-found', `There is no set-up ${id}.`);
    const isOpenToAll = setUp.isPublic || name === 'circuit.json' || name === 'set-up.json';
    if (!isOpenToAll) await this.requireReader(request);
    this.slots.take(response);
    const bytes = await this.bytesOf(name, setUp);
    if (bytes === undefined) throw new AppError('not-found', `The set-up has no ${name}.`);
    response
      .writeHead(200, {
        'content-type': name.endsWith('.json') ? 'application/json' : binary.mediaType,
        'content-length': bytes.length,
        'cache-control': 'private, no-cache',
        etag: `"${bytesToHex(sha256(bytes))}"`,
      })
      .end(bytes);
  }

  private async requireReader(request: HttpRequest): Promise<void> {
    if ((await invitedBy(this.store, request)) !== undefined) return;
    this.operator.identify(request.headers.authorization);
  }

  private async bytesOf(name: SetUpFile, { id, newestKey, result }: SetUp): Promise<Uint8Array | undefined> {
    const text = (value: string | undefined) => (value === undefined ? undefined : Buffer.from(value));
    switch (name) {
      case 'model.onnx':
        return (await this.store.circuit(id))?.model;
      case 'options.json':
        return (await this.store.circuit(id))?.options;
      case 'proving-key.zkey':
        return this.store.key(newestKey.sha256);
      case 'circuit.json':
        return text(result && circuitText(result.circuit));
      case 'set-up.json':
        return text(result && transcriptText(result.transcript));
    }
  }
}
