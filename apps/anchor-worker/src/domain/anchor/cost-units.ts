import type { AnchorKind } from '@touchstone/contracts';

/** What the costs of anchors are counted in, by kind. */
export const costUnits: Readonly<Record<AnchorKind, string>> = { evm: 'wei', rfc3161: 'tokens' };
