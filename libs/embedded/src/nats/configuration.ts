import type { NatsPermissions } from '@touchstone/contracts';

const MAX_PAYLOAD_BYTES = 1_048_576;

/** One user of the server: its login, its password and its subject lists. */
export interface NatsUser {
  readonly user: string;
  readonly password: string;
  readonly permissions: NatsPermissions;
}

/** An account isolates subjects and streams; the stack has one, the tests have one per file. */
export interface NatsAccount {
  readonly name: string;
  readonly users: readonly NatsUser[];
}

/** The subject lists of a user in the server's words. */
export function permissionsBlock({ publish, subscribe, answers }: NatsPermissions): object {
  return {
    publish: { allow: publish },
    subscribe: { allow: subscribe },
    // A service with RPCs answers on the reply subject of a request it received, and on nothing else beside its list.
    ...(answers ? { allow_responses: true } : {}),
  };
}

function userBlock({ user, password, permissions }: NatsUser): unknown {
  return { user, password, permissions: permissionsBlock(permissions) };
}

/**
 * Streams reserve their largest size when they are created. By default the server grants what the disk has free, so
 * that a small disk, or many accounts of a test run, could not even create empty streams.
 */
const FILE_STORE_BYTES_MAX = 2 ** 50;

/**
 * The server's configuration. JSON is a subset of the server's own syntax; every string is quoted, so that a `$` in
 * a subject is no reference to a variable.
 */
export function natsConfiguration(options: {
  readonly port: number;
  readonly storeFolder: string;
  readonly accounts: readonly NatsAccount[];
  /** Overrides {@link FILE_STORE_BYTES_MAX}. */
  readonly fileStoreBytesMax?: number | undefined;
  /** Overrides {@link MAX_PAYLOAD_BYTES}. */
  readonly payloadBytesMax?: number | undefined;
}): string {
  const accounts = Object.fromEntries(
    options.accounts.map(({ name, users }) => [name, { jetstream: 'enabled', users: users.map(userBlock) }]),
  );
  return JSON.stringify(
    {
      listen: `127.0.0.1:${options.port}`,
      max_payload: options.payloadBytesMax ?? MAX_PAYLOAD_BYTES,
      jetstream: {
        store_dir: options.storeFolder,
        max_file_store: options.fileStoreBytesMax ?? FILE_STORE_BYTES_MAX,
      },
      accounts,
    },
    null,
    2,
  );
}
