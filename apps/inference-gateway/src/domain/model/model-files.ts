/** Bytes of one piece of a file in the database; earlier versions wrote larger ones, which are read as well. */
export const FILE_PIECE_BYTES = 1_048_576;

/** Bytes that files of models take on the disk of a gateway when nothing else is said: four of the largest. */
export const MODEL_CACHE_BYTES_DEFAULT = 2_147_483_648;

/** A file on a disk. */
export interface FileOnDisk {
  /** It can be opened by this path while whoever gave it keeps it. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** A file that lies on a disk, hashed on the way there. */
export interface ReceivedFile extends FileOnDisk {
  readonly sha256: string;
  readonly sha3: string;
  /** The file in pieces of {@link FILE_PIECE_BYTES}; each is good until the next one is asked for. */
  readonly pieces: () => AsyncIterable<Uint8Array>;
}

/** A file that is stored in pieces, and the SHA-256 that it has to have. */
export interface StoredFile {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly pieces: () => AsyncIterable<Uint8Array>;
}

/** Lends a file by its path for as long as `use` takes: what was hashed is what is there. */
export type LendFile = <Result>(use: (path: string) => Promise<Result>) => Promise<Result>;

/** Keeps stored files on a disk, so that they can be loaded by their path. */
export interface ModelFiles {
  /**
   * Lends a file, which is read from its store where it is not on the disk yet.
   *
   * @throws AppError `inference-failed` when the stored file has another hash; `dependency-unavailable` when there is no room
   */
  lend<Result>(file: StoredFile, use: (path: string) => Promise<Result>): Promise<Result>;
}

/** Where files of forms lie while they are received, and how large they may be. */
export interface UploadPlace {
  readonly folder: string;
  readonly modelBytesMax: number;
}
