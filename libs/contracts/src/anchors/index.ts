import { z } from 'zod';
import { evmAnchor } from './evm.js';
import { rfc3161Anchor } from './rfc3161.js';

/** Every kind of anchor: what names the kind, where it was made, and its proof. The only list of kinds. */
const anchors = [evmAnchor, rfc3161Anchor] as const;

/** Says what was anchored where, with a proof whose form depends on the kind. */
export const provenAnchor = z.discriminatedUnion('kind', anchors);
export type ProvenAnchor = z.infer<typeof provenAnchor>;
export type AnchorKind = ProvenAnchor['kind'];
/** The anchor of one kind. */
export type AnchorOf<Kind extends AnchorKind> = Extract<ProvenAnchor, { readonly kind: Kind }>;

/** The proof of an anchor of any kind. */
export const anchorProof = z.union(anchors.map(({ shape }) => shape.proof));
export type AnchorProof = z.infer<typeof anchorProof>;

/** A place where anchors are made, of any kind. */
export const anchorNetwork = z.union(anchors.map(({ shape }) => shape.network));

export const anchorKinds: readonly AnchorKind[] = anchors.map(({ shape }) => shape.kind.value);

/** A schema of anchors of every kind that have these members as well. */
export function anchorWith<Members extends z.ZodRawShape>(members: Members) {
  const [evm, rfc3161] = anchors;
  return z.discriminatedUnion('kind', [evm.extend(members), rfc3161.extend(members)]);
}
