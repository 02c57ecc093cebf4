import { AppError } from '@touchstone/contracts';
import { joined, readBodyParts, requireJson, type HttpRequest } from '@touchstone/platform/http';
import type { InferCall } from '../domain/inference/infer-model.js';
import type { ModelCatalogue } from '../domain/model/model-catalogue.js';
import type { Model } from '../domain/model/model.js';
import { bodyBytesMaxOf } from '../domain/request/body-limit.js';
import type { BodyAnswer, LargeBodies } from '../domain/request/large-body.js';
import { tensorOfContents } from '../domain/request/raw-contents.js';
import { tensorModelOf } from '../domain/request/read-inputs.js';
import { readRequest, type ReadRequest, type RequestForm } from '../domain/request/read-request.js';
import { INFER_BODY_BYTES_MAX } from '../domain/request/request-limits.js';

/** Bytes from which a body is read in a thread of its own: to read that much takes the main thread some milliseconds. */
export const LARGE_BODY_BYTES = 131_072;

/** What a body says of a call. */
export type CallBody = Pick<InferCall, 'request' | 'body' | 'bodyDigest' | 'inputsOf'> &
  Pick<ReadRequest, 'seed'>;

/** Reads the bodies of requests, as large as their models may need. */
export class InferBodies {
  constructor(
    private readonly catalogue: ModelCatalogue,
    private readonly readers: LargeBodies,
  ) {}

  /**
   * Reads the body of a request by the limit of its model, which is looked for first.
   *
   * @throws AppError `unsupported-media-type`, `body-too-large`, `queue-full`, `malformed-json`, `validation-failed`
   */
  async read(request: HttpRequest, modelId: string, form: RequestForm = 'v1'): Promise<CallBody> {
    requireJson(request);
    await this.catalogue.fetch(modelId);
    const model = this.modelOf(modelId);
    const bytesMax = model ? bodyBytesMaxOf(model) : INFER_BODY_BYTES_MAX;
    const { size, parts } = await readBodyParts(request, { bytesMax, refusal: tooLarge(modelId, bytesMax) });
    if (size > LARGE_BODY_BYTES) return this.readAway(parts, model, form);
    return readHere(joined({ size, parts }), model, form);
  }

  /** Reads a body that was taken before; a newer version may take less of it. */
  async readAgain(body: Uint8Array, modelId: string, form: RequestForm = 'v1'): Promise<CallBody> {
    await this.catalogue.fetch(modelId);
    const model = this.modelOf(modelId);
    if (body.length <= LARGE_BODY_BYTES) return readHere(body, model, form);
    return this.readAway([body], model, form);
  }

  private modelOf(id: string): Model | undefined {
    return this.catalogue.has(id) ? this.catalogue.get(id).model : undefined;
  }

  private async readAway(
    parts: readonly Uint8Array[],
    model: Model | undefined,
    form: RequestForm,
  ): Promise<CallBody> {
    const answer = await this.readers.read({ parts, form, model: model && tensorModelOf(model) });
    const { body, digest: bodyDigest, request, seed, inputs } = answer;
    const read = { body, bodyDigest, request, ...(seed && { seed }) };
    if (model === undefined || inputs === undefined) return read;
    return { ...read, inputsOf: (asked) => taken(inputs, model, asked) };
  }
}

function readHere(body: Uint8Array, model: Model | undefined, form: RequestForm): CallBody {
  return { body, ...readRequest(body, form, model && tensorModelOf(model)) };
}

/** The inputs that were read for one version of a model. */
function taken(
  inputs: NonNullable<(BodyAnswer & { ok: true })['inputs']>,
  { modelVersionId }: Model,
  asked: Model,
): ReturnType<NonNullable<InferCall['inputsOf']>> {
  if (asked.modelVersionId !== modelVersionId)
    throw new AppError(
      'conflict',
      'The model was replaced while the body was read; nothing was charged. Repeat the request.',
    );
  if (inputs.ok) {
    const { tensors, contents, hash } = inputs;
    return {
      hash,
      tensors: tensors.map((tensor, at) => tensorOfContents(tensor, contents[at] as Uint8Array)),
    };
  }
  const { code, message, details = [] } = inputs.error;
  throw new AppError(code, message, { details });
}

function tooLarge(modelId: string, bytesMax: number): string {
  return (
    `The body has more than the ${bytesMax} bytes that a request of the model ${JSON.stringify(modelId.slice(0, 128))} may have ` +
    '(bodyBytesMax on its page). Send the data flat, without white space, and each number in no more digits than its datatype keeps.'
  );
}
