import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { meshUsers } from '@touchstone/contracts';
import { startNats, type NatsOptions, type RunningNats } from '@touchstone/embedded';
import { TEST_NODES, testUser, type MeshUserName } from './test-users.js';

const PASSWORD = 'own-nats';

/** A NATS server that one spec starts, stops, limits and robs of what it stored, with all users of the mesh. */
export class OwnNats {
  private readonly folder = mkdtempSync(join(tmpdir(), 'touchstone-own-nats-'));
  private server: RunningNats | undefined;
  private port: number | undefined;

  get url(): string {
    if (this.server === undefined) throw new Error('The server does not run.');
    return this.server.url;
  }

  login(user: MeshUserName): { readonly user: string; readonly password: string } {
    return { user: testUser(user), password: PASSWORD };
  }

  /** Takes the same port each time, so that connections find the server again. */
  async start(limits: Pick<NatsOptions, 'fileStoreBytesMax' | 'payloadBytesMax'> = {}): Promise<void> {
    const users = Object.entries(meshUsers(TEST_NODES)).map(([user, permissions]) => ({
      user,
      password: PASSWORD,
      permissions,
    }));
    this.server = await startNats({
      ...limits,
      storeDir: join(this.folder, 'store'),
      ...(this.port === undefined ? {} : { port: this.port }),
      announce: () => undefined,
      accounts: [{ name: 'mesh', users }],
    });
    this.port = this.server.port;
  }

  async stop(): Promise<void> {
    await this.server?.stop();
    this.server = undefined;
  }

  /** Copies what JetStream stored; the server has to be stopped. */
  backUp(): void {
    cpSync(this.stored, join(this.folder, 'backup'), { recursive: true });
  }

  /** Puts the copy in the place of what JetStream stored since; the server has to be stopped. */
  restore(): void {
    rmSync(this.stored, { recursive: true, force: true });
    cpSync(join(this.folder, 'backup'), this.stored, { recursive: true });
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get stored(): string {
    return join(this.folder, 'store', 'jetstream');
  }
}
