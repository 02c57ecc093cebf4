import { Inject, mixin, type CanActivate, type ExecutionContext, type Type } from '@nestjs/common';
import { callerOf, type HttpRequest } from '@touchstone/platform/http';
import { CallerPolicy } from '../../domain/caller-policy.js';
import type { SignerVerb } from '../../domain/verbs.js';

/** Asks whether a known caller may ask for a verb, before a byte of the body is read. */
export function MayAsk(verb: SignerVerb): Type<CanActivate> {
  class Guard implements CanActivate {
    constructor(@Inject(CallerPolicy) private readonly policy: CallerPolicy) {}

    canActivate(context: ExecutionContext): boolean {
      this.policy.allow(callerOf(context.switchToHttp().getRequest<HttpRequest>()) ?? '', verb);
      return true;
    }
  }
  return mixin(Guard);
}
