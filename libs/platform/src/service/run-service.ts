import { AppError } from '@touchstone/contracts';
import type { z } from 'zod';
import { describeConfig, printConfig } from '../config/describe-config.js';
import { CONFIG_INVALID_EXIT_CODE, loadConfig } from '../config/load-config.js';
import { exitOnSignals, type ProcessHost } from '../lifecycle/signals.js';
import { failureFields } from '../logging/failure-fields.js';
import { createLogger, type Logger } from '../logging/logger.js';
import type { ServiceDefinition } from './service-definition.js';
import { platformConfig } from './service-definition.js';
import { createContext, startService } from './start-service.js';

/** Exit code of a command line that names no command. */
export const USAGE_EXIT_CODE = 2;

/** Runs what is pending before the service starts; for one process that may change its schema itself. */
const MIGRATE_FIRST = '--migrate';

const NOT_STARTED = 'the service did not start';

/** The parts of `process` that {@link runService} uses; a test gives its own. */
export interface ServiceProcess extends ProcessHost {
  readonly argv: readonly string[];
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/**
 * The whole of a service's `main.ts`: reads the command line and the configuration, then starts the service or runs a
 * command. Prints one line with `"msg":"listening"` and the real ports once everything listens.
 *
 * Command line: nothing starts the service; `--migrate` runs the command `migrate` first, in the same process;
 * `--help`; `--print-config`; otherwise one of the definition's commands.
 * Exit codes: 0 well, 1 failed, 2 wrong command line, 5 invalid configuration, also one that turns out so while the service starts.
 */
export async function runService<S extends z.ZodObject>(
  definition: ServiceDefinition<S>,
  host: ServiceProcess = process,
): Promise<void> {
  const [command, ...rest] = host.argv.slice(2);
  const commands = definition.commands ?? {};
  if (command === '--help') {
    host.stdout.write(helpText(definition));
    return host.exit(0);
  }
  const known =
    command === undefined ||
    command === '--print-config' ||
    (command === MIGRATE_FIRST && commands['migrate'] !== undefined) ||
    Object.hasOwn(commands, command);
  const takesArguments = known && commands[command ?? '']?.usage !== undefined;
  if (!known || (rest.length > 0 && !takesArguments))
    return wrongUsage(definition, host, `Unknown argument ${rest[0] ?? command}.`);
  let config: z.output<S>;
  try {
    config = loadConfig({ schema: definition.configSchema, env: host.env });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    loggerOf(definition).fatal(failureFields(error), NOT_STARTED);
    return host.exit(CONFIG_INVALID_EXIT_CODE);
  }
  if (command === '--print-config') {
    host.stdout.write(`${printConfig(definition.configSchema, config)}\n`);
    return host.exit(0);
  }
  await startOrRun(definition, config, [command, ...rest], host);
}

async function startOrRun<S extends z.ZodObject>(
  definition: ServiceDefinition<S>,
  config: z.output<S>,
  [command, ...args]: readonly (string | undefined)[],
  host: ServiceProcess,
): Promise<void> {
  const { TOUCHSTONE_LOG_LEVEL: level } = platformConfig(config);
  const logger = loggerOf(definition, level);
  const name = command === MIGRATE_FIRST ? 'migrate' : command;
  let failure = NOT_STARTED;
  try {
    const context = await createContext(definition, config, logger);
    exitOnSignals(host, context.shutdown);
    if (name !== undefined) {
      failure = `${name} failed`;
      await definition.commands?.[name]?.run(config, context, args as string[]);
      if (command === name) return host.exit((await context.shutdown.run(`${name} is done`)) ? 0 : 1);
      failure = NOT_STARTED;
    }
    await startService(definition, context);
  } catch (error) {
    const refused = command === name && error instanceof AppError && error.code === 'validation-failed';
    if (name !== undefined && refused) return wrongUsage(definition, host, error.message);
    logger.fatal(failureFields(error), failure);
    // Some of a configuration can only be compared with what it names: a chain, a token, another service.
    host.exit(error instanceof AppError && error.code === 'config-invalid' ? CONFIG_INVALID_EXIT_CODE : 1);
  }
}

function loggerOf<S extends z.ZodObject>(
  { name, version = '0.0.0' }: ServiceDefinition<S>,
  level = 'info',
): Logger {
  return createLogger({ service: name, version, level });
}

function wrongUsage<S extends z.ZodObject>(
  definition: ServiceDefinition<S>,
  host: ServiceProcess,
  message: string,
): void {
  host.stderr.write(`${message}\n\n${helpText(definition)}`);
  host.exit(USAGE_EXIT_CODE);
}

function helpText<S extends z.ZodObject>(definition: ServiceDefinition<S>): string {
  const named = Object.entries(definition.commands ?? {});
  const migrates = named.some(([name]) => name === 'migrate') ? [MIGRATE_FIRST] : [];
  const names = named.map(([name, { usage = '' }]) => `${name} ${usage}`);
  const commands = ['', ...migrates, '--print-config', '--help', ...names];
  const keys = describeConfig(definition.configSchema).map((key) => {
    const value = key.required
      ? 'required'
      : key.default === undefined
        ? 'optional'
        : `default ${key.default}`;
    return `  ${key.name}${key.secret ? ' (or _FILE)' : ''}: ${key.type}, ${value}. ${key.doc}`;
  });
  return [
    `Touchstone ${definition.name} ${definition.version ?? ''}`.trimEnd(),
    'Usage:',
    ...commands.map((name) => `  node bundle/main.js ${name}`.trimEnd()),
    'Configuration from the environment:',
    ...keys,
    '',
  ].join('\n');
}
