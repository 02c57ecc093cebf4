import { serveGrpc } from '@touchstone/platform/grpc';
import { defineService, type OwnService } from '@touchstone/service';
import { fileURLToPath } from 'node:url';
import { appParts } from './app.module.js';
import { startBackground } from './background.js';
import { configSchema } from './config.js';
import { CreateAttestation1763710000000 } from './persistence/migrations/1763710000000-create-attestation.js';
import { GovernedNodes1798000000000 } from './persistence/migrations/1798000000000-governed-nodes.js';
import { JudgedNodes1796000000000 } from './persistence/migrations/1796000000000-judged-nodes.js';
import { NodeConduct1798200000000 } from './persistence/migrations/1798200000000-node-conduct.js';
import { NodeKeys1798100000000 } from './persistence/migrations/1798100000000-node-keys.js';
import { NodeAllowances1785800000000 } from './persistence/migrations/1785800000000-node-allowances.js';
import { HEARTBEAT_BYTES_MAX } from './transport/http/heartbeats.controller.js';

const protoPath = fileURLToPath(
  new URL('../../../libs/contracts/proto/touchstone/hub/v1/hub.proto', import.meta.url),
);

/** The hub without what it does of its own accord. */
export const quietHub = {
  name: 'attestation-hub',
  configSchema,
  migrations: [
    CreateAttestation1763710000000,
    NodeAllowances1785800000000,
    JudgedNodes1796000000000,
    GovernedNodes1798000000000,
    NodeKeys1798100000000,
    NodeConduct1798200000000,
  ],
  parts: appParts,
  setup: (app, context) =>
    void serveGrpc(app, context, {
      service: 'touchstone.hub.v1.HubService',
      protoPath,
      requestBytesMax: HEARTBEAT_BYTES_MAX,
    }),
  openApi: {
    description: 'Takes the heartbeats of nodes and tells what each node last said about itself.',
    securitySchemes: {
      node: { type: 'http', scheme: 'bearer' },
      operator: { type: 'http', scheme: 'bearer' },
    },
  },
} as const satisfies OwnService<typeof configSchema>;

/** Takes the heartbeats of nodes and tells what each node last said about itself. */
export const service = defineService({
  ...quietHub,
  setup: async (app, context) => {
    quietHub.setup(app, context);
    await startBackground(app, context);
  },
});
