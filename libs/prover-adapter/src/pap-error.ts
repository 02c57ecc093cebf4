/** Why a program of somebody else gave no answer. */
export type PapProblem =
  /** It cannot be started. */
  | 'program-missing'
  /** It was killed when the time was up. */
  | 'timed-out'
  | 'aborted'
  /** It ended with an exit code of its own; `exitCode` says which, the message what it wrote about it. */
  | 'program-failed'
  /** It says that it is done, and its reply is none, or about something else. */
  | 'reply-invalid'
  /** No program of this name is registered and took its examination. */
  | 'program-disabled';

/** A call that came to nothing. There is no result in its place: who asked for a proof has none. */
export class PapError extends Error {
  override readonly name = 'PapError';

  constructor(
    readonly problem: PapProblem,
    message: string,
    readonly exitCode?: number,
  ) {
    super(message);
  }
}
