// The part of the gateway’s program that a trial’s next version has in the place of its own: the same with two migrations more.
import { databaseOptionsOf as own } from '../../../../libs/service/dist/database.js';
import { nextMigrations } from './migrations.mjs';

/** As the one of `@touchstone/service`, with the migrations of the next version after those of this one. */
export function databaseOptionsOf(service, migrations, config) {
  const options = own(service, migrations, config);
  return { ...options, migrations: [...options.migrations, ...nextMigrations] };
}
