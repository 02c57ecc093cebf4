import { AppError, type ErrorDetail } from '@touchstone/contracts';
import type { z } from 'zod';
import { keyMetadata } from './metadata.js';
import { readSecretFile } from './secret-file.js';
import { closestName } from './suggestion.js';

/** Exit code of a process whose configuration is invalid. */
export const CONFIG_INVALID_EXIT_CODE = 5;

/** Names that belong to launchers and tests; a service tolerates them in its environment and does not read them. */
export const launcherNames = [
  'TOUCHSTONE_EXIT_WITH_STDIN',
  'TOUCHSTONE_TEST_SERVERS',
  'TOUCHSTONE_VECTORS',
  'TOUCHSTONE_STACK_DIR',
  'TOUCHSTONE_HOME',
] as const;

/** What {@link loadConfig} reads. */
export interface LoadConfigOptions<S extends z.ZodObject> {
  readonly schema: S;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Further `TOUCHSTONE_*` names that are no mistake in this process. */
  readonly toleratedNames?: readonly string[];
}

/**
 * Reads the declared names from the environment, secrets also from `<NAME>_FILE`, and reports everything that is
 * wrong at once. An undeclared `TOUCHSTONE_*` name is an error, because a misspelt limit would silently not hold.
 *
 * @throws AppError `config-invalid` with one detail for each finding (`pointer` is `/<NAME>`); values are never shown
 */
export function loadConfig<S extends z.ZodObject>(options: LoadConfigOptions<S>): z.output<S> {
  const findings: ErrorDetail[] = [];
  const values = readDeclared(options, findings);
  reportUnknown(options, findings);
  const refused = new Set(findings.map((finding) => finding.pointer));
  const parsed = options.schema.safeParse(values);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const pointer = `/${String(issue.path[0] ?? '')}`;
      if (refused.has(pointer)) continue;
      const name = pointer.slice(1);
      const missing = name !== '' && values[name] === undefined;
      findings.push({ pointer, detail: missing ? 'is required and not set.' : issue.message });
    }
  }
  if (parsed.success && findings.length === 0) return parsed.data;
  const texts = findings.map(({ pointer, detail }) => `${pointer.slice(1) || 'configuration'}: ${detail}`);
  throw new AppError(
    'config-invalid',
    `The configuration has ${findings.length} error(s): ${texts.join(' ')}`,
    { details: findings },
  );
}

function readDeclared<S extends z.ZodObject>(
  { schema, env }: LoadConfigOptions<S>,
  findings: ErrorDetail[],
): Record<string, string | undefined> {
  const values: Record<string, string | undefined> = {};
  for (const [name, key] of Object.entries(schema.shape) as [string, z.ZodType][]) {
    values[name] = env[name];
    const path = keyMetadata(key).secret ? env[`${name}_FILE`] : undefined;
    if (path === undefined) continue;
    if (env[name] !== undefined) {
      findings.push({
        pointer: `/${name}`,
        detail: `is set twice, as ${name} and as ${name}_FILE; keep one.`,
      });
      continue;
    }
    const content = readSecretFile(path);
    if (content.ok) values[name] = content.value;
    else findings.push({ pointer: `/${name}`, detail: content.detail });
  }
  return values;
}

function reportUnknown<S extends z.ZodObject>(
  { schema, env, toleratedNames = [] }: LoadConfigOptions<S>,
  findings: ErrorDetail[],
): void {
  const declared = Object.entries(schema.shape).flatMap(([name, key]) =>
    keyMetadata(key as z.ZodType).secret ? [name, `${name}_FILE`] : [name],
  );
  const known = new Set<string>([...declared, ...launcherNames, ...toleratedNames]);
  for (const name of Object.keys(env).sort()) {
    if (!name.startsWith('TOUCHSTONE_') || env[name] === undefined || known.has(name)) continue;
    const guess = closestName(name, declared);
    findings.push({
      pointer: `/${name}`,
      detail: `is not a name this service reads${guess === undefined ? '' : `; did you mean ${guess}?`}`,
    });
  }
}
