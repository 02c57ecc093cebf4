/** Exit codes of every command (protocol section 12). */
export const exitCodes = {
  ok: 0,
  /** The evidence is invalid, or its label is lower than the one asked for. */
  invalid: 1,
  usage: 2,
  /** An anchor was asked for and there is none yet. */
  pending: 3,
  io: 4,
  configuration: 5,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A failure that ends a command with a message on standard error and an exit code, without a stack trace. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    readonly exitCode: ExitCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
