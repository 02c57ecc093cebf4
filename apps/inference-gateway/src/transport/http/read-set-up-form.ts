import { parseStrictJson } from '@touchstone/canonical-json';
import { AppError } from '@touchstone/contracts';
import { circuitOptions } from '@touchstone/contracts/circuit';
import { setUpManifest, type SetUpManifest } from '@touchstone/contracts/http/set-ups';
import { validate, type HttpRequest } from '@touchstone/platform/http';
import { MANIFEST_BYTES_MAX } from '../../domain/model/manifest.js';
import { FRAMING_BYTES, readForm } from './read-form.js';

/** Largest model file that keys are set up for over the API: circuits of larger ones do not fit into a key of that. */
export const SET_UP_MODEL_BYTES_MAX = 33_554_432;

/** Most bytes of the options of a circuit, which hold samples of inputs. */
export const SET_UP_OPTIONS_BYTES_MAX = 8_388_608;

/** Largest form of a set-up that is read: the file, its options, what is said about it, and the framing. */
export const SET_UP_FORM_BYTES_MAX =
  SET_UP_MODEL_BYTES_MAX + SET_UP_OPTIONS_BYTES_MAX + MANIFEST_BYTES_MAX + FRAMING_BYTES;

/** A set-up that the operator wants to announce. */
export interface SetUpForm {
  readonly manifest: SetUpManifest;
  readonly model: Uint8Array;
  readonly options: Uint8Array | undefined;
}

/**
 * Reads a form (RFC 7578) with `manifest`, strict JSON, `model`, the file, and perhaps `options`, strict JSON.
 *
 * @throws AppError `unsupported-media-type`, `malformed-json`, `validation-failed` or `body-too-large`
 */
export async function readSetUpForm(request: HttpRequest, body: Uint8Array): Promise<SetUpForm> {
  const { manifest, model, others } = await readForm(request, body, setUpManifest, SET_UP_MODEL_BYTES_MAX, [
    'options',
  ]);
  const options = others.get('options');
  if (options !== undefined) requireOptions(options);
  return { manifest, model, options };
}

function requireOptions(bytes: Uint8Array): void {
  if (bytes.length > SET_UP_OPTIONS_BYTES_MAX)
    throw new AppError(
      'body-too-large',
      `The options have ${bytes.length} bytes, at most ${SET_UP_OPTIONS_BYTES_MAX} are taken.`,
    );
  const parsed = parseStrictJson(bytes, { maxBytes: SET_UP_OPTIONS_BYTES_MAX });
  if (!parsed.ok)
    throw new AppError('malformed-json', `The options are not strict JSON: ${parsed.error.message}`, {
      details: [{ pointer: `/options${parsed.error.pointer}`, detail: parsed.error.message }],
    });
  validate(circuitOptions, parsed.value, 'body');
}
