import { serviceNames } from '@touchstone/contracts';
import { authorityGarbage, authorityHanging, authorityKilled } from './authority.js';
import { changedKey } from './changed-key.js';
import { chainClock, serviceClocks } from './clocks.js';
import { dearBlocks } from './dear-blocks.js';
import { droppedTransaction } from './dropped-transaction.js';
import { duplicatedMessages } from './duplicated-messages.js';
import { failover } from './failover.js';
import type { Fault } from './fault.js';
import { fullStreams } from './full-streams.js';
import { killService } from './kill-service.js';
import { laggingNode } from './lagging-node.js';
import { reorganisation } from './reorganisation.js';
import { restartServer } from './restart-server.js';
import { rpcHanging, rpcRefused } from './rpc-away.js';
import { slowBlocks } from './slow-blocks.js';
import { thirdParty } from './third-party.js';

/** The control: the same inferences and checks without a fault. */
const none: Fault = {
  name: 'none',
  title: 'no fault, for comparison',
  weight: 1,
  run: async () => 'nothing',
};

/** All faults in the order of a run; the chain's clock is last, because it does not go back. */
export const faults: readonly Fault[] = [
  none,
  ...serviceNames.map(killService),
  restartServer('postgres', 'kill -9 of PostgreSQL, started again on the same data'),
  restartServer('nats', 'kill -9 of NATS, started again on the same store'),
  failover,
  fullStreams,
  reorganisation,
  droppedTransaction,
  rpcRefused,
  rpcHanging,
  authorityKilled,
  authorityHanging,
  authorityGarbage,
  laggingNode,
  slowBlocks,
  dearBlocks,
  thirdParty,
  changedKey,
  duplicatedMessages,
  serviceClocks,
  chainClock,
];
