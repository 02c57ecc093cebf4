/** The files of a request or a set-up, by absolute path. */
export interface Files {
  /** @throws ProverError `request-invalid` when it cannot be read, `resource-limit` beyond `bytesMax` */
  read(path: string, bytesMax: number): Promise<Uint8Array>;
  /** @param algorithm of OpenSSL @returns lower-case hex */
  digest(path: string, algorithm: 'sha256' | 'blake2b512'): Promise<string>;
  /** Bytes of a file from a place on; fewer at its end. */
  readPart(path: string, from: number, bytes: number): Promise<Uint8Array>;
  size(path: string): Promise<number>;
  /** Gives a finished file its name. */
  move(from: string, to: string): Promise<void>;
  /** Copies a file whole or not at all. */
  copy(from: string, to: string): Promise<void>;
  /** Writes a file whole or not at all; an older one is replaced. */
  replace(path: string, content: Uint8Array | string): Promise<void>;
}
