import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * A TCP proxy between services and a server: open, refusing every connection, or taking connections and never answering, which
 * are the two ways in which a server is away, or answering in its place. It can lead to another server, as an address does that moves with
 * a failover.
 */
export class TcpGate {
  /** Connections that found no answer since the gate was last opened. */
  hungCount = 0;
  /** Requests that were answered in the server's place since the gate was last opened. */
  answeredCount = 0;
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  private hanging = false;
  private answer: string | undefined;
  private targetPort = 0;

  private constructor(readonly port: number) {}

  static async start(): Promise<TcpGate> {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const gate = new TcpGate(port);
    await gate.listen();
    return gate;
  }

  /** For a server that speaks HTTP. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Where connections go from now on; {@link open} cuts those that are elsewhere. */
  leadTo(port: number): void {
    this.targetPort = port;
  }

  /** Takes connections and passes them on. */
  async open(): Promise<void> {
    this.hanging = false;
    this.answer = undefined;
    this.hungCount = 0;
    this.answeredCount = 0;
    this.cut();
    if (this.server === undefined) await this.listen();
  }

  /** Cuts what is connected and lets the system refuse what comes. */
  async refuse(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    const closed = new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
    this.cut();
    await closed;
  }

  /** Takes connections, keeps those that exist, and passes nothing on any more. */
  hang(): void {
    this.hanging = true;
    this.hungCount = this.sockets.size;
    for (const socket of this.sockets) socket.unpipe().pause();
  }

  /** Cuts what is connected and answers whatever comes with these bytes. */
  answerWith(answer: string): void {
    this.answer = answer;
    this.cut();
  }

  async stop(): Promise<void> {
    await this.refuse();
  }

  private async listen(): Promise<void> {
    const server = createServer((socket) => this.accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.server = server;
  }

  private accept(client: Socket): void {
    this.keep(client);
    if (this.hanging) {
      this.hungCount += 1;
      client.pause();
      return;
    }
    const { answer } = this;
    if (answer !== undefined) {
      client.once('data', () => {
        this.answeredCount += 1;
        client.end(answer);
      });
      return;
    }
    const upstream = createConnection(this.targetPort, '127.0.0.1');
    this.keep(upstream);
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
  }

  private cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}
