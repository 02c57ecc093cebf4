import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a NATS server on which a test counts what clients send, and may hold back what the server answers. */
export class Wire {
  /** Called whenever a client sent something. */
  onSent: () => void = () => undefined;
  /** Asked before each answer of the server; what it returns is waited for, so that nothing happens meanwhile. */
  beforeAnswer: (answer: string) => Promise<unknown> | undefined = () => undefined;
  private sent = '';
  private readonly clients = new Set<Socket>();
  private readonly upstreams = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async to(target: string): Promise<Wire> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    const wire = new Wire(server);
    server.on('connection', (client) => wire.join(client, connect(Number(port), hostname)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return wire;
  }

  get url(): string {
    return `nats://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** How many lines of the protocol that begin like this were sent since the start or the last {@link hold}. */
  count(beginning: string): number {
    return this.sent.split('\r\n').filter((line) => line.startsWith(beginning)).length;
  }

  /** Holds back the server's answers on the connections that are open now. */
  hold(): void {
    this.sent = '';
    for (const upstream of this.upstreams) upstream.pause();
  }

  /** Hands on what was held back. */
  release(): void {
    for (const upstream of this.upstreams) upstream.resume();
  }

  async close(): Promise<void> {
    for (const socket of [...this.clients, ...this.upstreams]) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket, upstream: Socket): void {
    this.watch(client, this.clients, upstream);
    this.watch(upstream, this.upstreams, client);
    upstream.on('data', (bytes) => void this.answer(bytes, client, upstream));
    client.on('data', (bytes) => {
      upstream.write(bytes);
      this.sent += bytes.toString('latin1');
      this.onSent();
    });
  }

  private async answer(bytes: Buffer, client: Socket, upstream: Socket): Promise<void> {
    const waits = this.beforeAnswer(bytes.toString('latin1'));
    if (waits) {
      upstream.pause();
      await waits;
      upstream.resume();
    }
    client.write(bytes);
  }

  private watch(socket: Socket, open: Set<Socket>, other: Socket): void {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      open.delete(socket);
      other.destroy();
    });
  }
}
