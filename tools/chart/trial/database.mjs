// The database of a trial, which is outside of the cluster.
import { chmodSync, chownSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { postgresAccount, startPostgres } from '../../../libs/embedded/dist/index.js';
import { run } from '../../images/engine.mjs';
import { ROUTER } from '../../containers/network.mjs';
import { relay } from '../../containers/relay.mjs';

const SECRETS = fileURLToPath(new URL('../../secrets.mjs', import.meta.url));
export const DATABASE_PORT = 5_432;
const DATABASE = 'touchstone';

/** Lets Pods reach a database, which listens on loopback of the router alone, at an address of the router. */
export const relayTo = (port, address = ROUTER) =>
  relay({ host: address, port: DATABASE_PORT }, { host: '127.0.0.1', port });

/** A server with the roles of a release, and the Secrets that lead to it. */
export class TrialDatabase {
  /** @param folder that only root may list */
  static async start(folder, cluster) {
    mkdirSync(join(folder, 'postgres'), { mode: 0o711 });
    const postgres = await startPostgres({
      dataDir: join(folder, 'postgres/data'),
      password: 'x'.repeat(32),
      durable: false,
    });
    const database = new TrialDatabase(folder, postgres);
    try {
      database.relayed = await relayTo(postgres.port);
      database.makeSecrets(cluster);
      return database;
    } catch (error) {
      await database.stop();
      throw error;
    }
  }

  constructor(folder, postgres) {
    Object.assign(this, { folder, postgres });
  }

  makeSecrets(cluster) {
    const out = join(this.folder, 'secrets');
    run(process.execPath, [SECRETS, '--out', out, '--database-host', ROUTER]);
    for (const document of parseAllDocuments(readFileSync(join(out, 'secrets.yaml'), 'utf8'))) {
      const { metadata, stringData } = document.toJS();
      cluster.secrets.set(metadata.name, stringData);
    }
    this.psql('postgres', '-f', join(out, 'roles.sql'));
  }

  psql(name, ...args) {
    return run('psql', [
      '--quiet',
      '--no-psqlrc',
      '--no-align',
      '--tuples-only',
      this.postgres.url(name),
      ...args,
    ]);
  }

  /** Runs SQL as the superuser in the database of the release. @returns its rows as text, columns divided by | */
  query(sql) {
    return this.psql(DATABASE, '-c', sql);
  }

  /** Offers TLS with `{ cert, key }`, names of files; connections that do not ask for it stay as they are. */
  offerTls({ cert, key }) {
    const account = postgresAccount(() => undefined);
    chmodSync(key, 0o600);
    if (account) chownSync(key, account.uid, account.gid);
    for (const setting of [`ssl_cert_file = '${cert}'`, `ssl_key_file = '${key}'`, 'ssl = on'])
      this.query(`ALTER SYSTEM SET ${setting}`);
    this.query('SELECT pg_reload_conf()');
  }

  async stop() {
    this.relayed?.close();
    await this.postgres.stop();
  }
}
