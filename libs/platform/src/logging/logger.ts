import { trace } from '@opentelemetry/api';
import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import { withoutCredentials } from '../config/describe-config.js';
import { isError, redact } from './redact.js';
import { token } from '../service/provide.js';

/** A structured logger; the first argument holds fields, the second says what happened. */
export type Logger = PinoLogger;

/** Injection token of the process's {@link Logger}. */
export const LOGGER = token<Logger>('Logger');

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
    },
    hooks: {
      logMethod(this: Logger, args: Parameters<PinoLogger['info']>, method: (...rest: unknown[]) => void) {
        method.apply(this, safeArguments(args));
      },
    },
    // pino's own serializer would fold causes into the message; `redact` made plain members of the error already.
    serializers: { err: (error: unknown) => error },
    mixin: traceFields,
  };
  return redactingChildren(destination === undefined ? pino(options) : pino(options, destination));
}

/** pino writes the fields of a child as they are; children inherit this method, so theirs are redacted as well. */
function redactingChildren(logger: Logger): Logger {
  const { child } = logger;
  function redactedChild(this: Logger, bindings: Record<string, unknown>, options?: object): Logger {
    return child.call(this, redact(bindings), options) as unknown as Logger;
  }
  return Object.assign(logger, { child: redactedChild });
}

function traceFields(): Record<string, string> {
  const context = trace.getActiveSpan()?.spanContext();
  return context === undefined ? {} : { traceId: context.traceId, spanId: context.spanId };
}

/** A logger that writes nothing, for tests and tools. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}

/** Messages are text that our code wrote, but they may quote an error of a driver with its URL. */
function safeArguments(args: readonly unknown[]): unknown[] {
  const [first] = args;
  // pino takes the message of a lone error as it is.
  if (args.length === 1 && isError(first)) return [{ err: first }, withoutCredentials(first.message)];
  return args.map((part) => (typeof part === 'string' ? withoutCredentials(part) : part));
}
