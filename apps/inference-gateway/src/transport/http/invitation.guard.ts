import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { AppError, uuidV7 } from '@touchstone/contracts';
import { sha256TextHex } from '@touchstone/crypto';
import { bearerTextOf, type HttpRequest } from '@touchstone/platform/http';
import type { Invited, SetUpStore } from '../../domain/set-up/set-up.js';
import { SET_UPS } from '../../tokens.js';

const invitations = new WeakMap<HttpRequest, Invited>();

/** Lets the invited parties of a set-up in, before a byte of the body is read. */
@Injectable()
export class InvitationGuard implements CanActivate {
  constructor(@Inject(SET_UPS) private readonly setUps: SetUpStore) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const invited = await invitedBy(this.setUps, request);
    if (invited === undefined)
      throw new AppError(
        'unauthenticated',
        'Send the token of an invitation to this set-up as Authorization: Bearer <token>.',
      );
    invitations.set(request, invited);
    return true;
  }
}

/** Who the {@link InvitationGuard} let in. */
export const invitedOf = (request: HttpRequest): Invited => invitations.get(request) as Invited;

/** Who has the token that a request carries, of the set-up of its path. */
export async function invitedBy(setUps: SetUpStore, request: HttpRequest): Promise<Invited | undefined> {
  const token = bearerTextOf(request.headers.authorization);
  // A guard runs before the path is validated.
  const id = uuidV7.safeParse(request.params?.['id']);
  return token === undefined || !id.success ? undefined : setUps.invited(id.data, sha256TextHex(token));
}
