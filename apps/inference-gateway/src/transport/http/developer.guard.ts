import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { AppError } from '@touchstone/contracts';
import { bearerTextOf, type HttpRequest } from '@touchstone/platform/http';
import type { MarketCalls } from '../../domain/market/market-calls.js';
import { MARKET } from '../../tokens.js';
import { Operator } from './operator.js';

const developers = new WeakMap<HttpRequest, string>();

/** What all keys of developers begin with; no token of an operator is looked up as one. */
const KEY_PREFIX = 'tsk_';

/** Lets developers in by their API keys, before a byte of the body is read. */
@Injectable()
export class DeveloperGuard implements CanActivate {
  constructor(@Inject(MARKET) private readonly market: MarketCalls) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const key = bearerTextOf(request.headers.authorization);
    const developer = key === undefined ? undefined : await this.market.keys.holder(key);
    if (developer === undefined)
      throw new AppError('unauthenticated', 'Send an API key of a developer as Authorization: Bearer <key>.');
    developers.set(request, developer);
    return true;
  }
}

/** Lets developers in by their API keys, and the operator. */
@Injectable()
export class DeveloperOrOperatorGuard extends DeveloperGuard {
  constructor(
    @Inject(MARKET) market: MarketCalls,
    @Inject(Operator) private readonly operator: Operator,
  ) {
    super(market);
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const { authorization } = context.switchToHttp().getRequest<HttpRequest>().headers;
    if (bearerTextOf(authorization)?.startsWith(KEY_PREFIX)) return super.canActivate(context);
    this.operator.identify(authorization);
    return true;
  }
}

/** The developer that a guard let in; undefined where it is the operator. */
export const developerOf = (request: HttpRequest): string | undefined => developers.get(request);
