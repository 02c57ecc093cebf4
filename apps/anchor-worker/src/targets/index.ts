import { anchorKinds, type AnchorKind } from '@touchstone/contracts';
import { z } from 'zod';
import type { AnchorTarget } from '../domain/anchor/anchor-target.js';
import { evm } from './evm.js';
import { rfc3161 } from './rfc3161.js';
import type { SettingsShape, TargetConnections, TargetKind, EveryTargetObserver } from './target-kind.js';

/** Most networks that checkpoints are anchored on. */
export const ANCHOR_TARGETS_MAX = 16;

/** The targets of every kind of anchor. A kind without one does not compile. */
const kinds = { evm, rfc3161 } satisfies {
  readonly [Kind in AnchorKind]: TargetKind<SettingsShape & { readonly kind: z.ZodLiteral<Kind> }>;
};

type Schema = (typeof kinds)[AnchorKind]['schema'];
/** What an operator sets for one target. */
export type TargetSettings = z.output<Schema>;

const schemas = anchorKinds.map((kind): Schema => kinds[kind].schema) as [Schema, ...Schema[]];

/** The networks that checkpoints are anchored on, each once. */
export const targetList = z
  .array(
    z.discriminatedUnion('kind', schemas, {
      error: `Expected an object whose kind is ${anchorKinds.join(' or ')}.`,
    }),
  )
  .max(ANCHOR_TARGETS_MAX)
  .superRefine((targets, context) => {
    const seen = new Set<string>();
    targets.forEach(({ network }, index) => {
      if (seen.has(network))
        context.addIssue({
          code: 'custom',
          path: [index, 'network'],
          message: 'Expected each network once; it stands earlier in the list.',
        });
      seen.add(network);
    });
  });

/** Makes the target that an operator set. */
export function createTarget(
  settings: TargetSettings,
  connections: TargetConnections,
  observer: EveryTargetObserver,
): AnchorTarget {
  const { create } = kinds[settings.kind];
  // The kind of the settings is that of the schema which gave them.
  return create(settings as never, connections, observer);
}
