import type { INestApplication } from '@nestjs/common';
import type { ServiceContext } from '@touchstone/platform/wiring';
import { runExclusively } from '@touchstone/postgres';
import { Loop } from '@touchstone/work';
import { DataSource } from 'typeorm';
import type { Config } from './config.js';
import { MakeDecisions } from './domain/make-decisions.js';
import { WatchSilence } from './domain/watch-silence.js';

/** Milliseconds between two looks for nodes that are silent. */
export const SILENCE_LOOK_MS = 5_000;

/** Looks for silent nodes, rollouts whose time is over and what another policy changes, one replica at a time; whoever dies over it leaves its turn to another. */
export async function startBackground(
  app: INestApplication,
  { logger, shutdown }: ServiceContext<Config>,
): Promise<void> {
  const dataSource = app.get(DataSource);
  const watch = app.get(WatchSilence);
  const decisions = app.get(MakeDecisions);
  const look = async (): Promise<void> => {
    await watch.run();
    await decisions.catchUp();
  };
  const loop = new Loop({
    run: async () => void (await runExclusively(dataSource, 'silent-nodes', 'attestation', look)),
    pollMs: SILENCE_LOOK_MS,
    onFailure: (error) => logger.warn({ err: error }, 'silent nodes and rollouts could not be looked at'),
  });
  loop.start();
  shutdown.add('in-flight', 'silent nodes', () => loop.stop());
}
