import { Inject, mixin, type CanActivate, type ExecutionContext, type Type } from '@nestjs/common';
import type { HttpRequest } from './request.js';

/** Tells who sent an `Authorization` header; `undefined` where nobody has to say who they are. */
export interface Callers {
  /** @throws AppError `unauthenticated`, `forbidden` */
  identify(authorization: string | undefined): string | undefined;
}

const callers = new WeakMap<HttpRequest, string>();

/** Who sent a request, as its {@link BearerGuard} found. */
export const callerOf = (request: HttpRequest): string | undefined => callers.get(request);

/**
 * Asks who calls before a byte of the body is read, so that nobody unknown makes a service parse one.
 *
 * @param known the provider that knows the callers
 */
export function BearerGuard(known: { readonly prototype: Callers }): Type<CanActivate> {
  class Guard implements CanActivate {
    constructor(@Inject(known as Type<Callers>) private readonly known: Callers) {}

    canActivate(context: ExecutionContext): boolean {
      const request = context.switchToHttp().getRequest<HttpRequest>();
      const caller = this.known.identify(request.headers.authorization);
      if (caller !== undefined) callers.set(request, caller);
      return true;
    }
  }
  return mixin(Guard);
}
