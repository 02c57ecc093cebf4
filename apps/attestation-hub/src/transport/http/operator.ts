import { Inject, Injectable } from '@nestjs/common';
import { BearerTokens, type Callers } from '@touchstone/platform/http';
import { CONFIG } from '@touchstone/platform/wiring';
import type { Config } from '../../config.js';

/**
 * The operator and nobody else. The hub knows the digest of the token alone, so that nobody who reads its
 * configuration can act as the operator.
 */
@Injectable()
export class Operator implements Callers {
  private readonly tokens: BearerTokens;

  constructor(@Inject(CONFIG) { TOUCHSTONE_OPERATOR_TOKEN_SHA256: operator }: Config) {
    this.tokens = BearerTokens.ofDigests(operator === undefined ? {} : { operator });
  }

  identify(authorization: string | undefined): string {
    return this.tokens.identify(authorization);
  }
}
