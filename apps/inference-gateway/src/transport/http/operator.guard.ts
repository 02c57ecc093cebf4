import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { AppError } from '@touchstone/contracts';
import { CONFIG, type HttpRequest } from '@touchstone/platform';
import type { GatewayConfig } from '../../config.js';

/**
 * Lets the operator through and nobody else, before a byte of the body is read. The gateway knows the digest of the
 * token alone, so that nobody who reads its configuration can act as the operator.
 */
@Injectable()
export class OperatorGuard implements CanActivate {
  constructor(@Inject(CONFIG) private readonly config: GatewayConfig) {}

  canActivate(context: ExecutionContext): boolean {
    const { authorization } = context.switchToHttp().getRequest<HttpRequest>().headers;
    const token = /^Bearer ([\x21-\x7e]{1,512})$/.exec(authorization ?? '')?.[1];
    const expected = this.config.TOUCHSTONE_OPERATOR_TOKEN_SHA256;
    if (token !== undefined && expected !== undefined) {
      const actual = createHash('sha256').update(token).digest();
      if (timingSafeEqual(actual, Buffer.from(expected, 'hex'))) return true;
    }
    throw new AppError('unauthenticated', 'Send the operator’s token as Authorization: Bearer <token>.');
  }
}
