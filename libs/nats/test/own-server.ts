import type { MeshUser } from '@touchstone/contracts';
import { OwnNats } from '@touchstone/testing';
import { connectMesh, type Mesh } from '../src/index.js';
import { RecordingLogger } from './mesh-harness.js';

/** A server of one spec with the connections that it opened. */
export class OwnServer extends OwnNats {
  readonly logger = new RecordingLogger();
  private readonly open: Mesh[] = [];

  async connect(service: MeshUser): Promise<Mesh> {
    const mesh = await connectMesh({ url: this.url, ...this.login(service), service, logger: this.logger });
    this.open.push(mesh);
    return mesh;
  }

  override async close(): Promise<void> {
    await Promise.all(this.open.map((mesh) => mesh.close()));
    await super.close();
  }
}
