import { AppError } from '@touchstone/contracts';
import { causeWithCode, isRefusedLogin, toAppError } from './nats-errors.js';

/** What helps, by the code of a socket or of OpenSSL. The first that matches. */
const CURES: readonly (readonly [RegExp, string])[] = [
  [/^CERT_HAS_EXPIRED$/, 'the certificate of the server has expired: renew it there'],
  [
    /CERT|SELF_SIGNED|UNABLE_TO/,
    'the certificate of the server is not trusted for its host: name its authority by NODE_EXTRA_CA_CERTS, or correct the certificate',
  ],
];
const CURE_DEFAULT = 'no server answers: start it, or correct NATS_URL';

/** Why a first connection failed and what to do. `what` names the attempt. */
export function toConnectError(error: unknown, user: string, what: string): AppError {
  if (isRefusedLogin(error))
    return new AppError(
      'unauthenticated',
      `${what}: the NATS server refuses the user name or password. Correct the password of ${user} (TOUCHSTONE_NATS_PASSWORD, of nats-provision NATS_PASSWORD), or what the server has for this user.`,
      { cause: error },
    );
  const known = toAppError(error, what);
  const code = causeWithCode(error);
  if (known.code !== 'dependency-unavailable' && known.code !== 'timeout') return known;
  const cure = CURES.find(([pattern]) => pattern.test(code ?? ''))?.[1] ?? CURE_DEFAULT;
  return new AppError(known.code, `${what}: ${cure} (${code ?? (error as Error).message}).`, {
    cause: error,
  });
}
