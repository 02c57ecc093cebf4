import type { ModelIdentity } from '@touchstone/contracts';
import type {
  CircuitDescriptor,
  CircuitDeviation,
  CircuitSetup,
  ZkProof,
} from '@touchstone/contracts/circuit';
import type { IntegerModel } from '@touchstone/integer-model';
import type { Preprocessing } from '../request/preprocessing.js';
import type { ModelManifest } from './manifest.js';
import type { LendFile } from './model-files.js';

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
  /** The file itself, by its path: what was hashed is what runs. */
  readonly withFile: LendFile;
  /** What turns a text, or numbers by name, into its input. */
  readonly preprocessing: Preprocessing | undefined;
  /** Of a version that is run in whole numbers, so that its answers can be proved. */
  readonly circuit?: ProvableCircuit;
  /** Of a model that a developer submitted. */
  readonly market?: MarketModel;
}

/** What is agreed about a model that a developer submitted. */
export interface MarketModel {
  readonly submissionId: string;
  /** Basis points of what callers pay that are the developer's. */
  readonly revenueShareBps: number;
  /** By which key the file was signed, and the bundle; SHA-256 as lower-case hex. */
  readonly modelSigning?: { readonly publicKeySha256: string; readonly bundleSha256: string };
}

/** The circuit of a model version with what it was written from. */
export interface ProvableCircuit {
  readonly descriptor: CircuitDescriptor;
  /** What a trust file lists the circuit by, lower-case hex. */
  readonly vkDigest: string;
  readonly vk: ZkProof['vk'];
  readonly setup: CircuitSetup;
  readonly model: IntegerModel;
  /** As whoever operates the model says; undefined where nothing is said. */
  readonly deviation?: CircuitDeviation | undefined;
  /** What proofs are made with, where they are made here. */
  readonly keys?: ProvingKeys;
}

/** Files that proofs of a circuit are made with. */
export interface ProvingKeys {
  /** Paths of the ONNX file and of the proving key. */
  readonly files: { readonly model: string; readonly provingKey: string };
}

/** The price of one answer in atomic units of the asset. */
export function priceOf(model: Model): bigint {
  return BigInt(model.manifest.priceAtomic);
}
