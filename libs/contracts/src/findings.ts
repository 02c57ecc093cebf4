import type { ErrorDetail } from './errors.js';

/** Most findings of a schema that go into one error. */
export const FINDINGS_MAX = 32;
/** Most characters of a finding's sentence, and of a name that the sender chose in its pointer. */
const DETAIL_CHARACTERS_MAX = 256;
const NAME_CHARACTERS_MAX = 128;

/** The error of a schema, as every version of zod has it. */
export interface SchemaError {
  readonly issues: readonly {
    readonly path: readonly PropertyKey[];
    readonly message: string;
    readonly code?: string;
    /** Of `unrecognized_keys`. */
    readonly keys?: readonly string[];
  }[];
}

/** The JSON pointer (RFC 6901, section 3) of a path; empty for the whole document. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/**
 * What a schema found wrong, at most {@link FINDINGS_MAX} places with a sentence each; members that it does not know
 * are named one by one. Values are not repeated, they are the sender's.
 *
 * @param prefix path of the checked value in the document that pointers refer to
 */
export function findingsOf(error: SchemaError, prefix: readonly PropertyKey[] = []): ErrorDetail[] {
  return error.issues
    .slice(0, FINDINGS_MAX)
    .flatMap((issue) => {
      const path = [...prefix, ...issue.path];
      if (issue.code !== 'unrecognized_keys' || issue.keys === undefined) {
        return [{ pointer: jsonPointer(path), detail: issue.message.slice(0, DETAIL_CHARACTERS_MAX) }];
      }
      return issue.keys.slice(0, FINDINGS_MAX).map((key) => ({
        pointer: jsonPointer([...path, key.slice(0, NAME_CHARACTERS_MAX)]),
        detail: 'is not a member of this object.',
      }));
    })
    .slice(0, FINDINGS_MAX);
}
