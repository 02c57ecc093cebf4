import { canonicalJson } from '@touchstone/canonical-json';
import type {
  InferAnswer,
  ModelDetail,
  ModelSummary,
  ProofAnswer,
  ProveMode,
  ProvenExecution,
  VerificationAnswer,
} from '@touchstone/contracts/http/inference-gateway';
import { tensorMessage, tensorOf, type TensorMessage } from './tensor-messages.js';

/** Messages of inference.proto: camel case, 64-bit integers as strings, optional fields there only where they were sent. */
export interface InferMessage {
  readonly modelId: string;
  readonly inputs: readonly TensorMessage[];
  readonly text?: string;
  readonly features: Readonly<Record<string, number>>;
  readonly image?: Buffer;
  /** The name of a value, or the number of one that the proto does not have. */
  readonly prove: string | number;
}

const proveModeOf: Readonly<Record<string, ProveMode | undefined>> = {
  PROVE_MODE_UNSPECIFIED: undefined,
  PROVE_MODE_NONE: 'none',
  PROVE_MODE_LATER: 'later',
  PROVE_MODE_NOW: 'now',
};

export interface ListModelsMessage {
  readonly limit: number;
  readonly cursor: string;
  readonly task: string;
  readonly status: string;
  readonly maxPriceAtomic: string;
  readonly minAccuracy: number;
  readonly sort: string;
}

/** A request as JSON has it, which no schema has seen yet: that one refuses a number that is no mode. */
export function requestOf({ inputs, text, features, image, prove }: InferMessage): unknown {
  const mode = typeof prove === 'number' ? prove : proveModeOf[prove];
  return {
    ...(inputs.length === 0 ? {} : { inputs: inputs.map(tensorOf) }),
    ...(text === undefined ? {} : { text }),
    ...(Object.keys(features).length === 0 ? {} : { features }),
    ...(image === undefined ? {} : { image: image.toString('base64') }),
    ...(mode === undefined ? {} : { prove: mode }),
  };
}

/** A query as its schema knows it: what is empty was not sent. */
export function queryOf(message: ListModelsMessage): unknown {
  return Object.fromEntries(Object.entries(message).filter(([, value]) => value !== '' && value !== 0));
}

/**
 * An answer as its message. The same bytes of the answer make the same bytes of the message, so that a replay is the same over
 * this transport too.
 */
export function answerMessage(body: Uint8Array): object {
  const { outputs, context, execution, ...answer } = parsed<InferAnswer>(body);
  return {
    ...answer,
    outputs: outputs.map(tensorMessage),
    contextJson: canonicalJson(context),
    ...(execution && { execution: executionMessage(execution) }),
  };
}

/** The answer to an order of a proof as its message; the same bytes make the same bytes here too. */
export function proofMessage(body: Uint8Array): object {
  const { verificationId, model, payment, links, ...execution } = parsed<ProofAnswer>(body);
  return { verificationId, model, payment, links, execution: executionMessage(execution) };
}

/** What has an identifier by its bytes leaves as these bytes. */
const executionMessage = ({ zk, ...execution }: ProvenExecution): object => ({
  ...execution,
  zkJson: canonicalJson(zk),
});

/** What this gateway wrote itself. */
const parsed = <T>(body: Uint8Array): T => JSON.parse(new TextDecoder().decode(body)) as T;

/** A model of a list as its message. */
export const summaryMessage = (model: ModelSummary): object => model;

/** A model as its message. */
export function modelMessage({ inputs, outputs, commitment, ...model }: ModelDetail): object {
  const { modelHash, modelHashSha3, sizeBytes, preprocess, accuracy, licence, commitmentHash } = model;
  const { features = [], inputType, outputType } = model;
  return {
    summary: summaryMessage(model),
    ...{ modelHash, modelHashSha3, sizeBytes, preprocess, accuracy, licence, commitmentHash, features },
    ...{ inputType, outputType },
    inputs: inputs.map(specMessage),
    outputs: outputs.map(specMessage),
    ...(commitment && { commitmentJson: canonicalJson(commitment) }),
  };
}

/** A verification as its message. */
export function verificationMessage({ model, context, ...verification }: VerificationAnswer): object {
  return {
    ...verification,
    modelId: model.id,
    modelVersionId: model.modelVersionId,
    ...(context && { contextJson: canonicalJson(context) }),
  };
}

function specMessage({ shape, ...spec }: ModelDetail['inputs'][number]): object {
  return { ...spec, ...(shape && { shape: { sizes: shape } }) };
}
