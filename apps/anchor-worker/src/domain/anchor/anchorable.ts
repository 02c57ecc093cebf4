/** The newest checkpoint that no anchor of a network covers. */
export interface AnchorableCheckpoint {
  readonly size: bigint;
  readonly note: string;
}
