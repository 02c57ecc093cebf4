/** Longest that the runtime's own words are told. */
export const RUNTIME_MESSAGE_CHARACTERS_MAX = 512;

/** A tensor on its way to or from a worker; `data` is little-endian row-major and is handed over, not copied. */
export interface WorkerTensor {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: ArrayBuffer;
}

/** An input or output as the file declares it. */
export interface DeclaredTensor {
  readonly name: string;
  readonly type: string;
  /** −1 is a size that the file leaves open; undefined where it declares no shape at all. */
  readonly dims: readonly number[] | undefined;
}

/** The inputs and outputs of a loaded file. */
export interface ModelDescription {
  readonly inputs: readonly DeclaredTensor[];
  readonly outputs: readonly DeclaredTensor[];
}

/** What a worker is asked. */
export type WorkerJob =
  | { readonly kind: 'load'; readonly key: string; readonly path: string }
  | { readonly kind: 'run'; readonly key: string; readonly runs: readonly (readonly WorkerTensor[])[] };

/** What became of one run of a job. */
export type RunAnswer =
  | { readonly ok: true; readonly outputs: readonly WorkerTensor[]; readonly milliseconds: number }
  | { readonly ok: false; readonly message: string };

/** What a worker answers. */
export type WorkerAnswer =
  | { readonly id: number; readonly ok: true; readonly description: ModelDescription }
  | { readonly id: number; readonly ok: true; readonly runs: readonly RunAnswer[] }
  | { readonly id: number; readonly ok: false; readonly message: string };
