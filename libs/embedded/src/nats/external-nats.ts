import { AppError } from '@touchstone/contracts';

/** The version that a stack gives for a server of somebody else. */
export const EXTERNAL_NATS = 'external';

/** A login of a NATS server. */
export interface NatsLogin {
  readonly user: string;
  readonly password: string;
}

/** The servers that `NATS_URL` names. */
export interface ExternalNats {
  /** The servers without credentials, separated by commas. */
  readonly url: string;
  /** Credentials in the URL, which are everybody's; without them each user of the mesh logs in under its own name. */
  readonly login: NatsLogin | undefined;
}

const protocols = new Set(['nats:', 'tls:']);

/**
 * Reads `NATS_URL`: one or more servers of one cluster, each `nats://`, `tls://` or just a host, the first with a
 * user and a password where the server asks for them.
 *
 * @throws AppError `config-invalid`, without what the variable holds: that may be a password
 */
export function readNatsUrl(text: string): ExternalNats {
  const servers = text.split(',').map((server) => readServer(server.trim()));
  const [first] = servers;
  const [user, password] = [decoded(first?.username), decoded(first?.password)];
  const url = servers.map(({ protocol, host }) => `${protocol}//${host}`).join(',');
  return { url, login: user === '' ? undefined : { user, password } };
}

function readServer(text: string): URL {
  const full = text.includes('://') ? text : `nats://${text}`;
  const server = URL.canParse(full) ? new URL(full) : undefined;
  if (server?.host && protocols.has(server.protocol) && /^\/?$/.test(server.pathname)) return server;
  throw notAServer();
}

function decoded(text = ''): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw notAServer();
  }
}

function notAServer(): AppError {
  return new AppError(
    'config-invalid',
    'NATS_URL names no NATS server; write nats://host:4222, or several of them separated by commas, and a % in a password as %25.',
  );
}
