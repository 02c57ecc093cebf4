import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { AppError } from '@touchstone/contracts';
import type { Logger } from '@touchstone/platform/observability';
import { createDataSource } from '@touchstone/postgres';
import type { DatabaseCommand } from '@touchstone/service';
import { keyRing } from './app.module.js';
import type { Config } from './config.js';
import { LogKeeping, type LogStanding, type OutsideCheckpoints } from './domain/reopen-log.js';
import { verifierKeyOf } from './domain/sign-checkpoint.js';
import { PostgresCheckpointStore } from './persistence/postgres-checkpoint-store.js';

/** What `log` takes; `-` is standard input. */
const LOG_USAGE = 'status | close | reopen [--nobody-has-newer] [<checkpoint file> …]';

/** The command `log` of the signer: how the log stands, and its closing and opening by an operator. */
export const logCommand: DatabaseCommand<Config> = {
  usage: LOG_USAGE,
  run: async ({ config, database }, { logger }, args) => {
    const act = actOf(args);
    const dataSource = await createDataSource(database).initialize();
    try {
      const origin = config.TOUCHSTONE_LOG_ORIGIN;
      const vkey = verifierKeyOf(origin, keyRing(config));
      await act(new LogKeeping(new PostgresCheckpointStore(dataSource), { origin, vkey }), logger);
    } finally {
      await dataSource.destroy();
    }
  },
};

type Act = (log: LogKeeping, logger: Logger) => Promise<void>;

function actOf(args: readonly string[]): Act {
  const { values, positionals } = read(args);
  const [verb, ...files] = positionals;
  const vouched = values['nobody-has-newer'];
  const isPlain = files.length === 0 && !vouched;
  if (verb === 'status' && isPlain) return async (log, logger) => report(await log.standing(), logger);
  if (verb === 'close' && isPlain)
    return async (log, logger) => {
      await log.close();
      logger.info({}, 'the log is closed');
    };
  if (verb === 'reopen') return reopening({ notes: files.map(readNote), vouched });
  throw new AppError('validation-failed', `log takes ${LOG_USAGE}, not ${args.join(' ')}.`);
}

function reopening(outside: OutsideCheckpoints): Act {
  return async (log, logger) => {
    const before = await log.reopen(outside);
    if (before.closedBecause === undefined) report(before, logger);
    else logger.info({ was: before.closedBecause, size: sizeOf(before) }, 'the log is open again');
  };
}

function report(standing: LogStanding, logger: Logger): void {
  const { closedBecause } = standing;
  if (closedBecause === undefined) logger.info({ size: sizeOf(standing) }, 'the log is open');
  else logger.warn({ reason: closedBecause, size: sizeOf(standing) }, 'the log is closed');
}

/** Of the newest checkpoint that the database knows. */
function sizeOf({ last }: LogStanding): string {
  return (last?.size ?? 0n).toString();
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { 'nobody-has-newer': { type: 'boolean', default: false } },
    });
  } catch (error) {
    throw new AppError('validation-failed', error instanceof Error ? error.message : String(error));
  }
}

function readNote(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw new AppError(
      'validation-failed',
      `${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
    );
  }
}
