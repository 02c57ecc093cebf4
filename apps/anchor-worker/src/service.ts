import { capabilityHash } from '@touchstone/evidence';
import { defineService } from '@touchstone/service';
import { appParts } from './app.module.js';
import { capabilitiesOf } from './capabilities.js';
import { configSchema } from './config.js';
import { CreateAnchors1763700000000 } from './persistence/migrations/1763700000000-create-anchors.js';
import { Lanes1764300000000 } from './persistence/migrations/1764300000000-lanes.js';
import { KeepProofs1785500000000 } from './persistence/migrations/1785500000000-keep-proofs.js';
import { AnchorKinds1785800000000 } from './persistence/migrations/1785800000000-anchor-kinds.js';
import { AnchoredAt1785850000000 } from './persistence/migrations/1785850000000-anchored-at.js';
import { AnchorLevels1785950000000 } from './persistence/migrations/1785950000000-anchor-levels.js';
import { AnchorCosts1785900000000 } from './persistence/migrations/1785900000000-anchor-costs.js';
import { SetUpEntries1799800000000 } from './persistence/migrations/1799800000000-set-up-entries.js';
import { EventBatches1796400000000 } from './persistence/migrations/1796400000000-event-batches.js';

/** Batches leaves, appends them to the log and anchors its checkpoints. */
export const service = defineService({
  name: 'anchor-worker',
  configSchema,
  migrations: [
    CreateAnchors1763700000000,
    Lanes1764300000000,
    KeepProofs1785500000000,
    AnchorKinds1785800000000,
    AnchoredAt1785850000000,
    AnchorCosts1785900000000,
    AnchorLevels1785950000000,
    EventBatches1796400000000,
    SetUpEntries1799800000000,
  ],
  parts: appParts,
  heartbeat: { capabilityHash: (config) => capabilityHash(capabilitiesOf(config)) },
});
