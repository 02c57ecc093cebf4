import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

/**
 * The anvil of the optional npm package (linux-x64), spawned directly so that signals reach it; elsewhere the one on
 * PATH; undefined when there is none.
 */
export function findAnvil(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const candidates = (environment['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, 'anvil'));
  try {
    const manifest = createRequire(import.meta.url).resolve('@foundry-rs/anvil-linux-amd64/package.json');
    candidates.unshift(join(dirname(manifest), 'bin', 'anvil'));
  } catch {
    // The package is optional and not there on other platforms.
  }
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
