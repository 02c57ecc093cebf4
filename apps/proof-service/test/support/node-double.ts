import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What came with a request to a node. */
export interface AskedOfNode {
  readonly target: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** An IPFS node that answers as it is told, well or badly. */
export class NodeDouble {
  readonly asked: AskedOfNode[] = [];
  private readonly server: Server;
  /** Answers each request; it may also leave one open. */
  answer: (response: ServerResponse, asked: AskedOfNode) => void = (response) => response.end();

  private constructor() {
    this.server = createServer((request, response) => void this.take(request, response));
  }

  static async start(): Promise<NodeDouble> {
    const node = new NodeDouble();
    node.server.listen(0, '127.0.0.1');
    await once(node.server, 'listening');
    return node;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const asked = {
      target: request.url ?? '',
      authorization: request.headers.authorization,
      body: Buffer.concat(parts).toString(),
    };
    this.asked.push(asked);
    this.answer(response, asked);
  }
}

/** What a node says of a file that it added. */
export const added = (cid: string): string => `${JSON.stringify({ Name: cid, Hash: cid, Size: '1' })}\n`;

/** A content identifier that no object has. */
export const otherCid = (): string =>
  `bafkreia${randomBytes(50).reduce((text, byte) => text + 'abcdefgh234567'[byte % 14], '')}a`;
