#!/usr/bin/env node
// `nats-provision`: creates or updates streams and durables, logs what it did and exits.
import { AppError } from '@touchstone/contracts';
import { CONFIG_INVALID_EXIT_CODE, createLogger } from '@touchstone/platform';
import { runProvision } from './provision-command.js';

const logger = createLogger({ service: 'nats-provision', version: '0.1.0', destination: process.stderr });

try {
  logger.info({ ...(await runProvision(process.env, logger)) }, 'streams and durables are as declared');
} catch (error) {
  logger.error({ err: error }, 'provisioning failed');
  process.exitCode =
    error instanceof AppError && error.code === 'config-invalid' ? CONFIG_INVALID_EXIT_CODE : 1;
}
