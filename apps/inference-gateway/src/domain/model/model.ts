import type { ModelIdentity } from '@touchstone/contracts';
import type { WordListTokenizer } from '../request/word-list-tokenizer.js';
import type { ModelManifest } from './manifest.js';

/** Where a model came from: the models folder of the deployment, or added while the service ran. */
export type ModelOrigin = 'folder' | 'added';

/** One model version that was read and checked. */
export interface Model {
  readonly manifest: ModelManifest;
  readonly identity: ModelIdentity;
  /** sha256(JCS(identity)), lower-case hex (protocol section 2). */
  readonly modelVersionId: string;
  /** SHA3-256 of the file beside the SHA-256 in `identity.modelHash`. */
  readonly modelHashSha3: string;
  readonly origin: ModelOrigin;
  readonly sizeBytes: number;
  /** The file itself: what was hashed is what runs. */
  readonly read: () => Promise<Uint8Array>;
  readonly tokenizer: WordListTokenizer | undefined;
}

/** The price of one answer in atomic units of the asset. */
export function priceOf(model: Model): bigint {
  return BigInt(model.manifest.priceAtomic);
}
