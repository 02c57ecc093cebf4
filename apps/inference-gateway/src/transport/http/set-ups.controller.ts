import {
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Post,
  Req,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { AppError, uuidV7 } from '@touchstone/contracts';
import {
  announcedSetUp,
  contributionAnswer,
  SET_UP_KEY_BYTES_MAX,
  setUpAnswer,
  setUpForm,
  setUpPage,
  setUpsQuery,
  type AnnouncedSetUp,
  type ContributionAnswer,
  type SetUpAnswer,
  type SetUpPage,
  type SetUpsQuery,
} from '@touchstone/contracts/http/set-ups';
import {
  ApiRoute,
  BearerGuard,
  RawBodyBytes,
  ZodParam,
  ZodQuery,
  type HttpRequest,
} from '@touchstone/platform/http';
import type { SetUpCalls } from '../../domain/set-up/set-up-calls.js';
import type { SetUpStore } from '../../domain/set-up/set-up.js';
import { SET_UP_CALLS, SET_UPS } from '../../tokens.js';
import { Links } from '../links.js';
import { presentSetUp } from '../present-set-up.js';
import { InvitationGuard, invitedOf } from './invitation.guard.js';
import { Operator } from './operator.js';
import { formRefusals } from './read-form.js';
import { readSetUpForm, SET_UP_FORM_BYTES_MAX } from './read-set-up-form.js';
import { UploadLimit } from './upload-limit.interceptor.js';

const CREATED = 201;

/** A strong entity tag of a SHA-256 (RFC 9110, section 8.8.3). */
const keyTag = /^"([0-9a-f]{64})"$/;

/** `/v1/set-ups`: keys of circuits, to which several parties contribute (R-PLUS-6). */
@Controller('v1/set-ups')
export class SetUpsController {
  constructor(
    @Inject(SET_UPS) private readonly store: SetUpStore,
    @Inject(SET_UP_CALLS) private readonly calls: SetUpCalls | undefined,
    @Inject(Links) private readonly links: Links,
  ) {}

  @Get()
  @ApiRoute({
    summary: 'Lists set-ups of keys, the newest first.',
    public: true,
    tags: ['set-ups'],
    response: setUpPage,
    errors: ['validation-failed', 'dependency-unavailable'],
  })
  async list(@ZodQuery(setUpsQuery) { limit, cursor, state }: SetUpsQuery): Promise<SetUpPage> {
    const found = await this.store.list({ limit: limit + 1, after: cursor, state });
    const page = found.slice(0, limit);
    return {
      setUps: page.map((setUp) => presentSetUp(setUp, this.links)),
      nextCursor: found.length > limit ? (page.at(-1)?.id ?? null) : null,
    };
  }

  @Get(':id')
  @ApiRoute({
    summary: 'Shows a set-up: who contributed, the announced beacon, and the transcript once it is finished.',
    public: true,
    tags: ['set-ups'],
    response: setUpAnswer,
    errors: ['validation-failed', 'not-found', 'dependency-unavailable'],
  })
  async show(@ZodParam('id', uuidV7) id: string): Promise<SetUpAnswer> {
    const setUp = await this.store.find(id);
    if (setUp === undefined) throw new AppError('not-found', `There is no set-up ${id}.`);
    return presentSetUp(setUp, this.links);
  }

  @Post()
  @HttpCode(CREATED)
  @UseGuards(BearerGuard(Operator))
  @UseInterceptors(UploadLimit)
  @ApiRoute({
    summary: 'Announces a set-up of keys for a model version, and invites its parties.',
    description:
      'The form has the parts `model`, the ONNX file, `manifest`, JSON, and where the model is compiled by some, `options`. The log has the announcement before anybody contributes. The tokens of the parties are told in this answer and never again.',
    tags: ['operator'],
    responses: { 201: { description: 'The set-up is open.', schema: announcedSetUp } },
    rawBodyMediaType: 'multipart/form-data',
    rawBodySchema: setUpForm,
    security: ['operator'],
    errors: [...formRefusals, 'timeout'],
  })
  async announce(
    @Req() request: HttpRequest,
    @RawBodyBytes({ bytesMax: SET_UP_FORM_BYTES_MAX }) body: Uint8Array,
  ): Promise<AnnouncedSetUp> {
    const { manifest, ...files } = await readSetUpForm(request, body);
    const { setUp, invitations } = await this.made().announce.announce(manifest, files);
    return { setUp: presentSetUp(setUp, this.links), invitations: [...invitations] };
  }

  @Post(':id/contributions')
  @HttpCode(CREATED)
  @UseGuards(InvitationGuard)
  @UseInterceptors(UploadLimit)
  @ApiRoute({
    summary: 'Takes the key of a party, which adds one contribution to the newest key.',
    description:
      '`If-Match` names the key that it was made from, as the entity tag of proving-key.zkey. When another party was faster it is a conflict: contribute to the newest key. The same key again gives the same answer.',
    tags: ['set-ups'],
    responses: { 201: { description: 'The contribution was taken.', schema: contributionAnswer } },
    rawBodyMediaType: 'application/octet-stream',
    security: ['party'],
    errors: [
      'unauthenticated',
      'validation-failed',
      'body-too-large',
      'set-up-invalid',
      'not-found',
      'conflict',
      'queue-full',
      'timeout',
      'dependency-unavailable',
    ],
  })
  async contribute(
    @ZodParam('id', uuidV7) _id: string,
    @Req() request: HttpRequest,
    @RawBodyBytes({ bytesMax: SET_UP_KEY_BYTES_MAX }) body: Uint8Array,
  ): Promise<ContributionAnswer> {
    const before = keyTag.exec(request.headers['if-match'] ?? '')?.[1];
    if (before === undefined)
      throw new AppError(
        'validation-failed',
        'Send the entity tag of the key that you contributed to as If-Match: "<SHA-256>".',
        { status: 400, details: [{ pointer: '/headers/if-match', detail: 'expected "<SHA-256>"' }] },
      );
    const taken = await this.made().contribute.take(invitedOf(request), before, body);
    const { position, name, hash, provingKeySha256 } = taken;
    return { position, name, hash, provingKeySha256 };
  }

  @Delete(':id')
  @HttpCode(200)
  @UseGuards(BearerGuard(Operator))
  @ApiRoute({
    summary: 'Calls an open set-up off; its announcement stays in the log.',
    tags: ['operator'],
    response: setUpAnswer,
    security: ['operator'],
    errors: ['unauthenticated', 'validation-failed', 'not-found', 'conflict', 'dependency-unavailable'],
  })
  async callOff(@ZodParam('id', uuidV7) id: string): Promise<SetUpAnswer> {
    const ended = await this.store.end(id, 'called-off', 'The operator called it off.');
    const setUp = await this.show(id);
    if (!ended && setUp.state !== 'called-off')
      throw new AppError('conflict', `The set-up cannot be called off: it is ${setUp.state}.`);
    return setUp;
  }

  private made(): SetUpCalls {
    if (this.calls === undefined)
      throw new AppError(
        'dependency-unavailable',
        'No keys are set up here: the gateway needs TOUCHSTONE_PROVER_PATH and TOUCHSTONE_POWERS_DIR.',
      );
    return this.calls;
  }
}
