import { CHUNK_BYTES } from '@touchstone/content-address';
import { OtherCid, type ObjectPlace, type StoredObject } from '../../domain/object/ports.js';

/** Milliseconds that a node may take for one object. */
export const IPFS_TIMEOUT_MS = 30_000;
/** Most bytes of a node’s answer; that to one file is a line. */
export const IPFS_ANSWER_BYTES_MAX = 65_536;

/** Said in full: a node may be set up with other defaults, and would give the same bytes another identifier. */
const ADD_QUERY = new URLSearchParams({
  'cid-version': '1',
  'raw-leaves': 'true',
  hash: 'sha2-256',
  chunker: `size-${CHUNK_BYTES}`,
  trickle: 'false',
  'wrap-with-directory': 'false',
  pin: 'true',
  progress: 'false',
});

/** Where a node is asked. */
export interface KuboNodeOptions {
  /** Of the RPC, without `/api/v0`. */
  readonly url: string;
  /** The field `Authorization`, where the node asks for one. */
  readonly authorization?: string | undefined;
  readonly timeoutMs?: number;
}

/** An IPFS node with the RPC of kubo. It is not believed: what it says that it stored has to be what was sent. */
export class KuboNode implements ObjectPlace {
  readonly name = 'ipfs';
  private readonly add: string;

  constructor(private readonly options: KuboNodeOptions) {
    this.add = `${options.url.replace(/\/+$/, '')}/api/v0/add?${ADD_QUERY.toString()}`;
  }

  async put({ cid, bytes }: StoredObject, signal: AbortSignal): Promise<void> {
    const { authorization, timeoutMs = IPFS_TIMEOUT_MS } = this.options;
    const form = new FormData();
    form.set('file', new Blob([Buffer.from(bytes)], { type: 'application/octet-stream' }), cid);
    const response = await fetch(this.add, {
      method: 'POST',
      body: form,
      ...(authorization === undefined ? {} : { headers: { authorization } }),
      // Followed, it would carry the credentials wherever the answer says.
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const text = await bounded(response);
    if (!response.ok) throw new Error(`The IPFS node answers with status ${response.status}.`);
    const hash = addedHash(text);
    if (hash !== cid)
      throw new OtherCid(
        `The IPFS node names the object ${cid} otherwise: ${JSON.stringify(hash.slice(0, 128))}.`,
      );
  }
}

/** The body, of which no more is read than an answer may have. */
async function bounded(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    // Throwing out of the loop cancels the body.
    if (length > IPFS_ANSWER_BYTES_MAX)
      throw new Error(`The IPFS node answers with more than ${IPFS_ANSWER_BYTES_MAX} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

/** The answer is one line of JSON for the one file. */
function addedHash(text: string): string {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    answer = undefined;
  }
  if (typeof answer === 'object' && answer !== null && 'Hash' in answer && typeof answer.Hash === 'string')
    return answer.Hash;
  throw new Error('The IPFS node answers with something else than one added file.');
}
