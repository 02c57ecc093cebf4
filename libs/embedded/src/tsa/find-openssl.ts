import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What to do where there is none. */
export const OPENSSL_REMEDY = 'openssl 3 or later is not on PATH; install the package openssl.';

const VERSION_TIMEOUT_MS = 10_000;
const OLDEST_MAJOR = 3;

/** A usable command `openssl`. */
export interface OpensslBinary {
  readonly path: string;
  readonly version: string;
}

/** Looks for OpenSSL on PATH; what others ship under its name (LibreSSL) makes no time-stamp tokens as we need them. */
export function findOpenssl(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): OpensslBinary | undefined {
  for (const folder of (environment['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'openssl');
    const version = folder.startsWith('/') ? versionOf(path) : undefined;
    if (version !== undefined) return { path, version };
  }
  return undefined;
}

function versionOf(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    return undefined;
  }
  const { stdout } = spawnSync(path, ['version'], { encoding: 'utf8', timeout: VERSION_TIMEOUT_MS });
  const [, version = ''] = /^OpenSSL (\d+\.\d+\.\d+)/.exec(stdout ?? '') ?? [];
  return Number(version.split('.')[0]) >= OLDEST_MAJOR ? version : undefined;
}
