/** Files for another program, and how it is called in their folder. */
export interface Exported {
  readonly files: readonly { readonly name: string; readonly content: string | Uint8Array }[];
  readonly command: readonly string[];
}
