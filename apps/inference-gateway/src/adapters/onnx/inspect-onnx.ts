import { AppError } from '@touchstone/contracts';
import {
  EXTERNAL_DATA_REFUSAL,
  isExternal,
  LENGTH_DELIMITED,
  malformed,
  readFields,
  readVarint,
  type Field,
} from '@touchstone/onnx';
import type { OnnxStructure } from './read-structure.js';
import { RUNTIME_DOMAIN, RUNTIME_OPERATORS } from './runtime-operators.js';

/** Nodes that an added model may have, subgraphs included. */
export const ONNX_NODES_MAX = 100_000;

/** Operator sets with a published specification and versions: of ONNX itself and of its classical models. */
const DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx', 'ai.onnx.ml']);

/** Field numbers of onnx.proto. */
const MODEL = { graph: 7, trainingInfo: 20, functions: 25 } as const;
const GRAPH = { node: 1, initializer: 5, sparseInitializer: 15 } as const;
const NODE = { opType: 4, attribute: 5, domain: 7 } as const;
const ATTRIBUTE = { tensor: 5, graph: 6, tensors: 10, graphs: 11, sparse: 22, sparses: 23 } as const;
const TENSOR = { dims: 1 } as const;

/** The runtime takes its own format by these letters, whatever else the bytes say. */
const ORT_FORMAT_OFFSET = 4;
const ORT_FORMAT = 'ORTM';

/**
 * Looks through an ONNX file before the runtime sees it and refuses what could make the runtime read other files
 * (external data), grow without bound (local functions that call each other, tensors that claim more elements than the
 * file holds) or need code that is not there (other operator sets). Every occurrence of a field is looked at, because
 * a reader merges what appears twice.
 *
 * @throws AppError `model-invalid`
 */
export function inspectOnnx({ bytes, head, fileBytes }: OnnxStructure): void {
  const letters = new TextDecoder('latin1').decode(
    head.subarray(ORT_FORMAT_OFFSET, ORT_FORMAT_OFFSET + ORT_FORMAT.length),
  );
  if (letters === ORT_FORMAT) throw refused('it is in the ORT format; export it as ONNX');
  new Inspection(fileBytes).model(bytes);
}

class Inspection {
  private nodes = 0;

  constructor(private readonly fileBytes: number) {}

  model(bytes: Uint8Array): void {
    let graphs = 0;
    for (const field of readFields(bytes)) {
      if (field.number === MODEL.graph) {
        graphs += 1;
        this.graph(contents(field));
      } else if (field.number === MODEL.functions) {
        throw refused('it has local functions; export it with its functions inlined');
      } else if (field.number === MODEL.trainingInfo) {
        throw refused('it has training information; export it for inference');
      }
    }
    if (graphs !== 1) throw malformed(`it has ${graphs} graphs`);
  }

  private graph(bytes: Uint8Array): void {
    for (const field of readFields(bytes)) {
      if (field.number === GRAPH.node) this.node(contents(field));
      else if (field.number === GRAPH.initializer) this.tensor(contents(field));
      else if (field.number === GRAPH.sparseInitializer) throw refused('it has sparse tensors');
    }
  }

  private node(bytes: Uint8Array): void {
    this.nodes += 1;
    if (this.nodes > ONNX_NODES_MAX) throw refused(`it has more than ${ONNX_NODES_MAX} nodes`);
    requireDomain(lastText(bytes, NODE.domain), lastText(bytes, NODE.opType));
    for (const field of readFields(bytes)) {
      if (field.number === NODE.attribute) this.attribute(contents(field));
    }
  }

  private attribute(bytes: Uint8Array): void {
    for (const field of readFields(bytes)) {
      if (field.number === ATTRIBUTE.tensor || field.number === ATTRIBUTE.tensors) {
        this.tensor(contents(field));
      } else if (field.number === ATTRIBUTE.graph || field.number === ATTRIBUTE.graphs) {
        this.graph(contents(field));
      } else if (field.number === ATTRIBUTE.sparse || field.number === ATTRIBUTE.sparses) {
        throw refused('it has sparse tensors');
      }
    }
  }

  private tensor(bytes: Uint8Array): void {
    let elements = 1;
    for (const field of readFields(bytes)) {
      if (isExternal(field)) throw refused(EXTERNAL_DATA_REFUSAL);
      if (field.number === TENSOR.dims) for (const size of sizes(field)) elements *= size;
    }
    // Two elements of four bits are the most that a byte holds.
    if (elements > 2 * this.fileBytes) {
      throw refused(
        `a tensor says that it has ${elements} elements, and the file has ${this.fileBytes} bytes`,
      );
    }
  }
}

/** The numbers of a repeated field, packed or not. */
function* sizes({ wireType, bytes, value }: Field): Generator<number> {
  if (wireType !== LENGTH_DELIMITED) {
    yield value;
    return;
  }
  let offset = 0;
  while (offset < bytes.length) {
    const read = readVarint(bytes, offset);
    offset = read.next;
    yield read.value;
  }
}

function contents({ number, wireType, bytes }: Field): Uint8Array {
  if (wireType !== LENGTH_DELIMITED) throw malformed(`the field ${number} is not a message`);
  return bytes;
}

/** The last value of a text field, which is the one that counts. */
function lastText(bytes: Uint8Array, number: number): string {
  let text = '';
  for (const field of readFields(bytes)) {
    if (field.number === number) text = new TextDecoder().decode(contents(field));
  }
  return text;
}

function requireDomain(domain: string, operator: string): void {
  if (DOMAINS.has(domain)) return;
  if (domain === RUNTIME_DOMAIN && RUNTIME_OPERATORS.has(operator)) return;
  if (domain === RUNTIME_DOMAIN) {
    throw refused(
      `it needs the operator ${JSON.stringify(operator)} of the runtime itself (${RUNTIME_DOMAIN}), which no added model may use ` +
        '(docs/own-model.md lists those that it may); export it without that, or deploy it in the models folder',
    );
  }
  throw refused(
    `it needs the operator ${JSON.stringify(operator)} of the domain ${JSON.stringify(domain)}; ` +
      'only ai.onnx, ai.onnx.ml and some of com.microsoft are there',
  );
}

function refused(reason: string): AppError {
  return new AppError('model-invalid', `The model is refused: ${reason}.`);
}
