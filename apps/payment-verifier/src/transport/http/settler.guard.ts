import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { BearerTokens, type HttpRequest } from '@touchstone/platform';

/**
 * Lets only known callers settle, before their body is read. Whoever sees a payment on its way could otherwise settle
 * it here first, and the request that it was made for would be refused.
 */
@Injectable()
export class SettlerGuard implements CanActivate {
  constructor(private readonly tokens: BearerTokens) {}

  canActivate(context: ExecutionContext): boolean {
    const { authorization } = context.switchToHttp().getRequest<HttpRequest>().headers;
    this.tokens.identify(authorization);
    return true;
  }
}
