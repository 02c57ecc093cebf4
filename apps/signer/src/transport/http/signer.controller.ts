import { Controller, Get, Post, Req, UseGuards } from '@nestjs/common';
import { rpcSchemas, type RpcRequest } from '@touchstone/contracts';
import { ApiRoute, BearerGuard, callerOf, ZodBody, type HttpRequest } from '@touchstone/platform/http';
import { CallerPolicy } from '../../domain/caller-policy.js';
import {
  SIGN_REQUEST_BYTES_MAX,
  Verbs,
  verbs,
  type SignerVerb,
  type VerbDefinition,
} from '../../domain/verbs.js';
import { addVerbMethods } from '../verb-methods.js';
import { MayAsk } from './may-ask.js';

const errors = ['unauthenticated', 'forbidden', 'validation-failed', 'body-too-large'] as const;

/** The signer over HTTP, for callers outside the bus; a bearer token says who calls. */
@Controller('v1')
export class SignerController {
  constructor(readonly verbs: Verbs) {}
}

addVerbMethods(
  SignerController,
  (verb) =>
    function (
      this: SignerController,
      request: HttpRequest,
      body: RpcRequest<'signer', SignerVerb> = {},
    ): Promise<unknown> {
      return this.verbs.ask(verb, body, { name: callerOf(request) ?? '' });
    },
  (verb, prototype, name, method) => {
    const {
      summary,
      refusals,
      isPublic,
      path = verb,
      requestBytesMax: bytesMax = SIGN_REQUEST_BYTES_MAX,
    }: VerbDefinition<SignerVerb> = verbs[verb];
    const { request, response } = rpcSchemas.signer[verb];
    Req()(prototype, name, 0);
    if (isPublic) {
      Get(path)(prototype, name, method);
      ApiRoute({ summary, response, errors: refusals })(prototype, name, method);
      return;
    }
    Post(path)(prototype, name, method);
    ZodBody(request, { bytesMax })(prototype, name, 1);
    UseGuards(BearerGuard(CallerPolicy), MayAsk(verb))(prototype, name, method);
    const documented = { summary, response, errors: [...errors, ...refusals], security: ['token'] };
    ApiRoute(documented)(prototype, name, method);
  },
);
