import { AppError } from '@touchstone/contracts';
import { codeOf, toUnavailable } from './database-errors.js';

/** What helps, by the code of the error: of PostgreSQL (appendix A), of Node's sockets or of OpenSSL. The first that matches. */
const CURES: readonly (readonly [RegExp, string])[] = [
  [/^28/, 'The database refuses the login: correct the password in DATABASE_URL, or that of the role'],
  [/^3D000$/, 'The server has no such database: make it with its roles, or correct DATABASE_URL'],
  [
    /^53300$/,
    'The server takes no more connections: raise its max_connections, or lower TOUCHSTONE_DATABASE_POOL_MAX',
  ],
  [/^57P03$/, 'The server is starting or stopping: wait for it'],
  [/^CERT_HAS_EXPIRED$/, 'The certificate of the database has expired: renew it on the server'],
  [
    /CERT|SELF_SIGNED|UNABLE_TO/,
    'The certificate of the database is not trusted for its host: name its authority by sslrootcert in DATABASE_URL, or correct the certificate',
  ],
];
const CURE_DEFAULT = 'The database cannot be reached: start it, or correct host and port in DATABASE_URL';

/** An error of the driver while a service starts, with what to do; every other error stays what it is. */
function toStartError(error: unknown): unknown {
  const unavailable = toUnavailable(error);
  if (unavailable === error || !(unavailable instanceof AppError)) return error;
  const code = codeOf(error);
  const cure = CURES.find(([pattern]) => pattern.test(code ?? ''))?.[1] ?? CURE_DEFAULT;
  const told = code ?? (error as Error).message;
  return new AppError('dependency-unavailable', `${cure} (${told}).`, { cause: error });
}

/** Runs what a start or a command begins with. @throws what {@link toStartError} makes of the error */
export async function withStartErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStartError(error);
  }
}
