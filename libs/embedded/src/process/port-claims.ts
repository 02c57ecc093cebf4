import { createSocket, type Socket } from 'node:dgram';

/**
 * TCP ports that are promised to servers and services which do not listen yet. A stack chooses its ports seconds before they
 * are used; without claims two stacks that start together choose the same ones, and one takes the other's server for its
 * own. A claim is the UDP port of the same number, which nothing of a stack uses: the kernel gives it to one process of the
 * machine, whatever its user and its temporary folder are, and takes it back when that process ends.
 */
export class PortClaims {
  readonly #held = new Set<Socket>();

  constructor(private readonly open = (): Socket => createSocket('udp4')) {}

  /**
   * True when the port is now promised to the holder of these claims, false when another stack has it. Where UDP is forbidden, nothing
   * can be promised, and the port is taken as it is.
   */
  claim(port: number): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = this.open();
      socket.once('error', (error: NodeJS.ErrnoException) => {
        socket.close();
        resolve(error.code !== 'EADDRINUSE');
      });
      socket.bind({ address: '127.0.0.1', port, exclusive: true }, () => {
        // What somebody sends there is of no interest, and the claim keeps no process alive.
        socket.unref();
        this.#held.add(socket);
        resolve(true);
      });
    });
  }

  /** Gives all claims back. */
  release(): void {
    for (const socket of this.#held) socket.close();
    this.#held.clear();
  }
}
