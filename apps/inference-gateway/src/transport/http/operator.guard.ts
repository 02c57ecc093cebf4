import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { BearerTokens, CONFIG, type HttpRequest } from '@touchstone/platform';
import type { Config } from '../../config.js';

/**
 * Lets the operator through and nobody else, before a byte of the body is read. The gateway knows the digest of the
 * token alone, so that nobody who reads its configuration can act as the operator.
 */
@Injectable()
export class OperatorGuard implements CanActivate {
  private readonly tokens: BearerTokens;

  constructor(@Inject(CONFIG) { TOUCHSTONE_OPERATOR_TOKEN_SHA256: operator }: Config) {
    this.tokens = BearerTokens.ofDigests(operator === undefined ? {} : { operator });
  }

  canActivate(context: ExecutionContext): boolean {
    const { authorization } = context.switchToHttp().getRequest<HttpRequest>().headers;
    this.tokens.identify(authorization);
    return true;
  }
}
