import { AppError } from '@touchstone/contracts';
import { testNats, testUser, type MeshUserName, type TestNats } from '@touchstone/testing';
import { connectMesh, provision, type Mesh, type MeshLogger, type MeshMetrics } from '../src/index.js';
import type { ProvisionOptions } from '../src/index.js';

/** Logs into an array, so that tests can look at what was said. */
export class RecordingLogger implements MeshLogger {
  readonly lines: { level: string; fields: Record<string, unknown>; message: string }[] = [];
  info(fields: Record<string, unknown>, message: string): void {
    this.lines.push({ level: 'info', fields, message });
  }
  warn(fields: Record<string, unknown>, message: string): void {
    this.lines.push({ level: 'warn', fields, message });
  }
  error(fields: Record<string, unknown>, message: string): void {
    this.lines.push({ level: 'error', fields, message });
  }
}

/** Keeps every figure as `name` and labels. */
export class RecordingMetrics implements MeshMetrics {
  readonly samples: { name: string; labels: Record<string, string>; seconds?: number; share?: number }[] = [];
  rpcServed(labels: Record<string, string>, seconds: number): void {
    this.samples.push({ name: 'rpcServed', labels, seconds });
  }
  rpcCalled(labels: Record<string, string>, seconds: number): void {
    this.samples.push({ name: 'rpcCalled', labels, seconds });
  }
  eventPublished(labels: Record<string, string>, seconds: number): void {
    this.samples.push({ name: 'eventPublished', labels, seconds });
  }
  deliverySettled(labels: Record<string, string>): void {
    this.samples.push({ name: 'deliverySettled', labels });
  }
  consumerHolds(labels: Record<string, string>, holds: boolean): void {
    this.samples.push({ name: holds ? 'consumerHolds' : 'consumerGoesOn', labels });
  }
  handlerRan(labels: Record<string, string>, seconds: number): void {
    this.samples.push({ name: 'handlerRan', labels, seconds });
  }
  streamUsed(labels: Record<string, string>, share: number): void {
    this.samples.push({ name: 'streamUsed', labels, share });
  }
  connectionEvent(labels: Record<string, string>): void {
    this.samples.push({ name: 'connectionEvent', labels });
  }
}

/** An account of its own with the connections that a test opened in it. */
export class MeshHarness {
  readonly nats: TestNats = testNats();
  readonly logger = new RecordingLogger();
  private readonly open: Mesh[] = [];

  async connect(user: MeshUserName): Promise<Mesh> {
    const login = this.nats.login(user);
    const service = testUser(user);
    const mesh = await connectMesh({ url: this.nats.url, ...login, service, logger: this.logger });
    this.open.push(mesh);
    return mesh;
  }

  /** Creates streams and durables with small reservations and short waits. */
  async provision(options: ProvisionOptions = {}): Promise<void> {
    const mesh = await this.connect('provisioner');
    await provision(mesh.nc, { maxBytes: 16_777_216, ...options });
  }

  async close(): Promise<void> {
    await Promise.all(this.open.map((mesh) => mesh.close()));
  }
}

/** A promise with its resolver. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** A schema-valid body of `evt.v1.anchor.entry.appended`. */
export function entry(index: number): { logIndex: string; entry: string } {
  return { logIndex: String(index), entry: `entry ${index}` };
}

/** The code that work failed with; `resolved` when it did not. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'resolved';
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
}
