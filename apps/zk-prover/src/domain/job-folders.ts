/** A folder of one job, which nobody else may read: what lies in it shows the inputs. */
export interface JobFolder {
  /** The path of a file of this name in the folder. */
  path(name: string): string;
  write(name: string, content: Uint8Array | string): Promise<void>;
  /** @throws ProverError `prover-failed` when there is none or it has more than `bytesMax` bytes */
  read(name: string, bytesMax: number): Promise<string>;
}

/** Makes such folders. */
export interface JobFolders {
  /** Gives the work a folder that is gone afterwards, whatever becomes of the work. */
  use<Result>(work: (folder: JobFolder) => Promise<Result>): Promise<Result>;
}
