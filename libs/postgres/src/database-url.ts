import { AppError } from '@touchstone/contracts';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';

/** A connection string without its parameters of TLS, and what they say. */
export interface DatabaseAddress {
  readonly connectionString: string;
  /** False is plain text. */
  readonly ssl: false | ConnectionOptions;
}

const TLS_PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'];
/** What libpq lets pass as plain text when the server does not speak TLS, so that anybody between may ask for it. */
const FALLING_BACK = ['allow', 'prefer'];

/**
 * Reads what a connection string says about TLS; docs/database.md has the table. `require`, `verify-ca` and
 * `verify-full` are one: encrypted, with a certificate of a trusted authority for the very host. That is what
 * node-postgres makes of them today; with the parameters read here, another version of it cannot weaken them.
 * Variables such as PGSSLMODE say nothing.
 *
 * @throws AppError `config-invalid` with the parameter; never with the string, which is a secret
 */
export function readDatabaseUrl(url: string): DatabaseAddress {
  const [base = '', query = ''] = splitOnce(url, '?');
  const parameters = new URLSearchParams(query);
  const tls = takeTlsParameters(parameters);
  const rest = parameters.toString();
  return {
    connectionString: rest === '' ? base : `${base}?${rest}`,
    ssl: tlsOptions(tls),
  };
}

function tlsOptions(tls: ReadonlyMap<string, string>): false | ConnectionOptions {
  const mode = tls.get('sslmode') ?? (tls.size === 0 ? 'disable' : 'verify-full');
  const root = tls.get('sslrootcert');
  switch (mode) {
    case 'disable':
      if (tls.size > 1) throw refused('sslmode=disable and certificates contradict each other.');
      return false;
    case 'no-verify':
      if (root !== undefined) throw refused('sslmode=no-verify and sslrootcert contradict each other.');
      return { ...clientCertificate(tls), rejectUnauthorized: false };
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return {
        ...clientCertificate(tls),
        ...(root === undefined ? {} : { ca: readAuthorities(root) }),
        rejectUnauthorized: true,
      };
    default:
      throw refused(
        FALLING_BACK.includes(mode)
          ? `sslmode=${mode} would fall back to plain text; say disable, or verify-full.`
          : `sslmode=${mode} is not known; expected disable, no-verify, require, verify-ca or verify-full.`,
      );
  }
}

/** Takes the parameters of TLS out of the others. */
function takeTlsParameters(parameters: URLSearchParams): Map<string, string> {
  const taken = new Map<string, string>();
  for (const name of new Set(parameters.keys())) {
    if (!/^(?:ssl|uselibpqcompat)/i.test(name)) continue;
    if (!TLS_PARAMETERS.includes(name))
      throw refused(`${name} is not known; TLS is set by ${TLS_PARAMETERS.join(', ')}.`);
    const [value = '', ...more] = parameters.getAll(name);
    if (more.length > 0) throw refused(`${name} stands twice.`);
    if (value === '') throw refused(`${name} is empty.`);
    taken.set(name, value);
  }
  for (const name of taken.keys()) parameters.delete(name);
  return taken;
}

function clientCertificate(tls: ReadonlyMap<string, string>): ConnectionOptions {
  const [cert, key] = [tls.get('sslcert'), tls.get('sslkey')];
  if (cert === undefined && key === undefined) return {};
  if (cert === undefined || key === undefined) throw refused('sslcert and sslkey need each other.');
  return { cert: readFile('sslcert', cert), key: readFile('sslkey', key) };
}

/** Node.js would take an empty file for none at all, and trust every public authority. */
function readAuthorities(path: string): string {
  const text = readFile('sslrootcert', path);
  try {
    // The first one; what it means to trust the others is up to OpenSSL.
    new X509Certificate(text);
  } catch (cause) {
    throw refused('sslrootcert names a file without a certificate (PEM).', cause);
  }
  return text;
}

function readFile(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw refused(
      `${name} names a file that cannot be read (${(cause as NodeJS.ErrnoException).code}).`,
      cause,
    );
  }
}

function splitOnce(text: string, separator: string): string[] {
  const index = text.indexOf(separator);
  return index === -1 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

function refused(reason: string, cause?: unknown): AppError {
  return new AppError('config-invalid', `DATABASE_URL: ${reason}`, { cause });
}
