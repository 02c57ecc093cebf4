import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { meshUsers } from '@touchstone/contracts';
import { startNats, type NatsOptions, type RunningNats } from '@touchstone/embedded';
import { connectMesh, type Mesh, type MeshUser } from '../src/index.js';
import { RecordingLogger } from './mesh-harness.js';

const PASSWORD = 'own-server';

type Limits = Pick<NatsOptions, 'fileStoreBytesMax' | 'payloadBytesMax'>;

/** A server that one spec starts, stops and changes, with all users of the mesh. */
export class OwnServer {
  readonly logger = new RecordingLogger();
  private readonly folder = mkdtempSync(join(tmpdir(), 'nats-own-'));
  private readonly open: Mesh[] = [];
  private server: RunningNats | undefined;

  get url(): string {
    if (this.server === undefined) throw new Error('The server does not run.');
    return this.server.url;
  }

  /** The same port each time, so that connections find the server again. */
  async start(limits: Limits = {}, port = this.port): Promise<void> {
    this.server = await startNats({
      ...limits,
      storeDir: join(this.folder, 'store'),
      ...(port === undefined ? {} : { port }),
      announce: () => undefined,
      accounts: [
        {
          name: 'mesh',
          users: Object.entries(meshUsers()).map(([user, permissions]) => ({
            user,
            password: PASSWORD,
            permissions,
          })),
        },
      ],
    });
    this.port = this.server.port;
  }

  private port: number | undefined;

  login(user: MeshUser): { readonly user: string; readonly password: string } {
    return { user, password: PASSWORD };
  }

  async connect(service: MeshUser): Promise<Mesh> {
    const mesh = await connectMesh({ url: this.url, ...this.login(service), service, logger: this.logger });
    this.open.push(mesh);
    return mesh;
  }

  async stop(): Promise<void> {
    await this.server?.stop();
    this.server = undefined;
  }

  /** Copies what JetStream stored; the server has to be stopped. */
  backUp(): void {
    cpSync(join(this.folder, 'store', 'jetstream'), join(this.folder, 'backup'), { recursive: true });
  }

  /** Puts the copy in the place of what JetStream stored since; the server has to be stopped. */
  restore(): void {
    rmSync(join(this.folder, 'store', 'jetstream'), { recursive: true, force: true });
    cpSync(join(this.folder, 'backup'), join(this.folder, 'store', 'jetstream'), { recursive: true });
  }

  async close(): Promise<void> {
    await Promise.all(this.open.map((mesh) => mesh.close()));
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
