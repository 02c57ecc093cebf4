/** What happened to an anchor; each has a figure. Costs are in the unit of the target. */
export type AnchorEvent =
  | { readonly kind: 'included'; readonly gasUsed: bigint; readonly cost: bigint }
  | { readonly kind: 'final'; readonly checkpointSize: bigint; readonly cost?: bigint }
  | { readonly kind: 'failed'; readonly cost?: bigint }
  | {
      readonly kind: 'orphaned' | 'rebroadcast' | 'replaced' | 'renewed' | 'capped' | 'abandoned' | 'lost';
    };
