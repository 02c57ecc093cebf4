import type { AppErrorOptions, CanonicalTensor, ErrorCode } from '@touchstone/contracts';
import type { TensorModel } from './read-inputs.js';
import type { ReadRequest, RequestForm } from './read-request.js';

/** What the thread is asked: the parts of a body, and what the model takes where there is one. */
export interface BodyJob {
  readonly parts: readonly Uint8Array[];
  readonly form: RequestForm;
  readonly model: TensorModel | undefined;
}

/** An AppError on its way between threads. */
export interface SentError extends Pick<AppErrorOptions, 'details'> {
  readonly code: ErrorCode;
  readonly message: string;
}

/** The tensors of a request as the model takes them, with their contents beside; or why it does not. */
export type SentInputs =
  | {
      readonly ok: true;
      readonly tensors: readonly Omit<CanonicalTensor, 'data'>[];
      readonly contents: readonly Uint8Array[];
      readonly hash: string;
    }
  | { readonly ok: false; readonly error: SentError };

/** What the thread answers. The bytes change hands, as those of the job did. */
export type BodyAnswer =
  | ({
      readonly ok: true;
      readonly body: Uint8Array;
      /** SHA-256 of the body, lower-case hex. */
      readonly digest: string;
      readonly inputs: SentInputs | undefined;
      /** Its request is without the tensors of `inputs`, where those were read. */
    } & ReadRequest)
  | { readonly ok: false; readonly error: SentError };

/** Reads large bodies away from the main thread. */
export interface LargeBodies {
  /**
   * Parts that have their memory to themselves are gone afterwards; the answer brings them back as one.
   *
   * @throws AppError of the body; `timeout`, or `body-too-large` where reading it takes more memory than any body should
   */
  read(job: BodyJob): Promise<BodyAnswer & { readonly ok: true }>;
}
