import { trace } from '@opentelemetry/api';
import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import { withoutCredentials } from '../config/describe-config.js';
import { redact } from './redact.js';

/** A structured logger; the first argument holds fields, the second says what happened. */
export type Logger = PinoLogger;

/** Injection token of the process's {@link Logger}. */
export const LOGGER = Symbol('Logger');

/** How to make a logger. */
export interface LoggerOptions {
  readonly service: string;
  readonly version: string;
  readonly level?: string;
  /** Where lines go; standard output when left out. */
  readonly destination?: DestinationStream;
}

/**
 * Makes the process's logger: one JSON object per line on standard output with `service`, `version` and, inside a
 * span, `traceId` and `spanId`. Fields are copied through a redaction list; see `redact`.
 */
export function createLogger({ service, version, level = 'info', destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service, version },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: redact,
      bindings: redact,
    },
    hooks: {
      // Messages are text that our code wrote, but they may quote an error of a driver with its URL.
      logMethod(this: Logger, args: Parameters<PinoLogger['info']>, method: (...rest: unknown[]) => void) {
        const safe = args.map((part: unknown) =>
          typeof part === 'string' ? withoutCredentials(part) : part,
        );
        method.apply(this, safe);
      },
    },
    mixin: traceFields,
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

function traceFields(): Record<string, string> {
  const context = trace.getActiveSpan()?.spanContext();
  return context === undefined ? {} : { traceId: context.traceId, spanId: context.spanId };
}

/** A logger that writes nothing, for tests and tools. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}
