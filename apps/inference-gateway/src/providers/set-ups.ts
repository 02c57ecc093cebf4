import { RpcClient } from '@touchstone/nats';
import { SHUTDOWN } from '@touchstone/platform/runtime';
import { CLOCK, provide } from '@touchstone/platform/wiring';
import { Outbox, uuidV7 } from '@touchstone/postgres';
import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { RpcBlocks } from '../adapters/anchor-worker/rpc-blocks.js';
import { ProgramCeremony } from '../adapters/prover/program-ceremony.js';
import type { Config } from '../config.js';
import { AnnounceSetUp } from '../domain/set-up/announce-set-up.js';
import { FinishSetUps } from '../domain/set-up/finish-set-ups.js';
import type { SetUpCalls } from '../domain/set-up/set-up-calls.js';
import { TakeContribution } from '../domain/set-up/take-contribution.js';
import { PostgresSetUpStore } from '../persistence/postgres-set-up-store.js';
import { SET_UP_CALLS, SET_UPS } from '../tokens.js';
import { proverProgram } from './prover-program.js';

const TOKEN_BYTES = 32;

/** Set-ups of keys; without a prover or powers of tau they can be read alone. */
export function setUps(config: Config) {
  return [
    provide(
      SET_UPS,
      { dataSource: DataSource, outbox: Outbox },
      ({ dataSource, outbox }) => new PostgresSetUpStore(dataSource, outbox),
    ),
    provide(
      SET_UP_CALLS,
      { store: SET_UPS, rpc: RpcClient, clock: CLOCK, shutdown: SHUTDOWN },
      ({ store, rpc, clock, shutdown }): SetUpCalls | undefined => {
        const timeoutMs = config.TOUCHSTONE_SET_UP_TIMEOUT_MS;
        const program = proverProgram(config, timeoutMs);
        const powersFolder = config.TOUCHSTONE_POWERS_DIR;
        if (program === undefined || powersFolder === undefined) return undefined;
        const ceremony = new ProgramCeremony({ program, powersFolder });
        shutdown.add('servers', 'set-ups', () => ceremony.close());
        const parts = { ceremony, store, blocks: new RpcBlocks(rpc), nowMs: () => clock.nowMs() };
        return {
          announce: new AnnounceSetUp({
            ...parts,
            newId: uuidV7,
            newToken: () => randomBytes(TOKEN_BYTES).toString('base64url'),
          }),
          contribute: new TakeContribution(parts),
          finish: new FinishSetUps({ ...parts, timeoutMs }),
        };
      },
    ),
  ];
}
