import type { INestApplication } from '@nestjs/common';
import type { ServiceContext } from '@touchstone/platform/wiring';
import { runExclusively } from '@touchstone/postgres';
import { Loop } from '@touchstone/work';
import { DataSource } from 'typeorm';
import type { Config } from './config.js';
import { WatchSilence } from './domain/watch-silence.js';

/** Milliseconds between two looks for nodes that are silent. */
export const SILENCE_LOOK_MS = 5_000;

/** Looks for silent nodes, one replica at a time; whoever dies over it leaves its turn to another. */
export async function startBackground(
  app: INestApplication,
  { logger, shutdown }: ServiceContext<Config>,
): Promise<void> {
  const dataSource = app.get(DataSource);
  const watch = app.get(WatchSilence);
  const loop = new Loop({
    run: async () =>
      void (await runExclusively(dataSource, 'silent-nodes', 'attestation', () => watch.run())),
    pollMs: SILENCE_LOOK_MS,
    onFailure: (error) => logger.warn({ err: error }, 'silent nodes could not be looked for'),
  });
  loop.start();
  shutdown.add('in-flight', 'silent nodes', () => loop.stop());
}
