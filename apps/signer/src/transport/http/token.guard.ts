import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { HttpRequest } from '@touchstone/platform';
import { CallerPolicy } from '../../domain/caller-policy.js';

/** Refuses an unknown caller before its body is read, so that nobody without a token makes the signer parse one. */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(private readonly policy: CallerPolicy) {}

  canActivate(context: ExecutionContext): boolean {
    const { authorization } = context.switchToHttp().getRequest<HttpRequest>().headers;
    this.policy.identify(authorization);
    return true;
  }
}
