import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { HttpRequest } from '@touchstone/platform';
import { HeartbeatSenders } from './heartbeat-senders.js';

const senders = new WeakMap<HttpRequest, string>();

/** The node whose token a request had; `undefined` where no token is asked for. */
export const senderOf = (request: HttpRequest): string | undefined => senders.get(request);

/** Asks who posts a heartbeat before its body is read. */
@Injectable()
export class SenderGuard implements CanActivate {
  constructor(private readonly allowed: HeartbeatSenders) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const sender = this.allowed.identify(request.headers.authorization);
    if (sender !== undefined) senders.set(request, sender);
    return true;
  }
}
