/** Exit codes of the program (Prover Adapter Protocol 1). */
export const exitCodes = {
  done: 0,
  badRequest: 2,
  unsupportedModel: 3,
  resourceLimit: 4,
  internal: 5,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Why something is refused or failed, and the exit code that says so. */
export const proverFailures = {
  /** The request is not of its closed form, or a file of it has another digest. */
  'request-invalid': exitCodes.badRequest,
  /** The inputs do not fit the circuit. */
  'inputs-invalid': exitCodes.badRequest,
  /** The model, compiled anew, is not the one that the request names. */
  'program-mismatch': exitCodes.badRequest,
  /** The verification key is none, or one under which anybody can forge. */
  'key-invalid': exitCodes.badRequest,
  /** The proving key is of another circuit. */
  'key-of-another-circuit': exitCodes.badRequest,
  /** A file of the set-up is none, or does not follow from the one before. */
  'set-up-invalid': exitCodes.badRequest,
  'model-unsupported': exitCodes.unsupportedModel,
  'resource-limit': exitCodes.resourceLimit,
  /** The time was up; what ran was killed. */
  deadline: exitCodes.resourceLimit,
  /** Whoever asked wants it no more. */
  aborted: exitCodes.internal,
  /** The circuit does not hold for a run of its own model: a mistake of ours, found before any prover saw it. */
  'constraint-broken': exitCodes.internal,
  /** A program of the prover crashed or wrote what cannot be read. */
  'prover-failed': exitCodes.internal,
  /** Both verifiers refuse what the prover made. */
  'proof-invalid': exitCodes.internal,
  /** One verifier takes what the other refuses. */
  'verifiers-disagree': exitCodes.internal,
  internal: exitCodes.internal,
} as const satisfies Readonly<Record<string, ExitCode>>;
export type ProverFailure = keyof typeof proverFailures;

/** An expected failure of the prover. The message says what happened and what to do. */
export class ProverError extends Error {
  override readonly name = 'ProverError';

  constructor(
    readonly code: ProverFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get exitCode(): ExitCode {
    return proverFailures[this.code];
  }
}
