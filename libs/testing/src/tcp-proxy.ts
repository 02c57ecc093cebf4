import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a server of this machine that a test can cut, restore on the same port, and lead to another server. */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private port = 0;

  /** @param target the server's port */
  constructor(private target: number) {}

  /** Opens the way; the first time on a free port, later on the same one. */
  async open(): Promise<number> {
    const server = createServer((client) => {
      const upstream = connect(this.target, '127.0.0.1');
      for (const socket of [client, upstream]) {
        this.sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => this.sockets.delete(socket));
      }
      client.pipe(upstream).pipe(client);
      client.on('close', () => upstream.destroy());
      upstream.on('close', () => client.destroy());
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
    return this.port;
  }

  /** Leads new connections to another port; those that are open stay where they are. */
  leadTo(target: number): void {
    this.target = target;
  }

  /** Swallows what the open connections send from now on, as if the server's host vanished; new ones go on. */
  silence(): void {
    for (const socket of this.sockets) {
      socket.unpipe();
      socket.resume();
    }
  }

  /** Cuts every connection and takes no new one. */
  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.server?.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
