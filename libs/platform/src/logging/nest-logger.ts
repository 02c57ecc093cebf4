import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger.js';

/** Where Nest reports what made a start fail; it throws the same error to us, who report it. */
const OF_START = ['ExceptionHandler', 'NestApplication'];

/** Hands the lines that Nest writes to our logger; Nest's own start-up chatter becomes `debug`. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.debug({ context: contextOf(rest) }, text(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    const [stack] = rest;
    const fields = message instanceof Error ? { err: message } : typeof stack === 'string' ? { stack } : {};
    const context = contextOf(rest);
    this.logger[OF_START.includes(context ?? '') ? 'debug' : 'error']({ context, ...fields }, text(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn({ context: contextOf(rest) }, text(message));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.logger.debug({ context: contextOf(rest) }, text(message));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.logger.trace({ context: contextOf(rest) }, text(message));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.logger.fatal({ context: contextOf(rest) }, text(message));
  }
}

function contextOf(rest: readonly unknown[]): string | undefined {
  const last = rest.at(-1);
  return typeof last === 'string' ? last : undefined;
}

function text(message: unknown): string {
  if (message instanceof Error) return message.message;
  return typeof message === 'string' ? message : 'Nest logged an object.';
}
