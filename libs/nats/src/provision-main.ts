#!/usr/bin/env node
// `nats-provision`: creates or updates streams and durables, logs what it did and exits. `--recreate` makes streams
// of an older version again.
import { AppError } from '@touchstone/contracts';
import { CONFIG_INVALID_EXIT_CODE } from '@touchstone/platform/config';
import { createLogger, failureFields } from '@touchstone/platform/observability';
import { runProvision } from './provision-command.js';

const logger = createLogger({ service: 'nats-provision', version: '0.1.0', destination: process.stderr });

try {
  const report = await runProvision(process.env, logger, process.argv.slice(2));
  logger.info({ ...report }, 'streams and durables are as declared');
  if (report.unread.length > 0)
    logger.warn({ unread: report.unread }, 'streams were made again with events unread: run republish');
} catch (error) {
  logger.error(failureFields(error), 'provisioning failed');
  process.exitCode =
    error instanceof AppError && error.code === 'config-invalid' ? CONFIG_INVALID_EXIT_CODE : 1;
}
