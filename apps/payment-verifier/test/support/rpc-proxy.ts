import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the proxy does with one request: pass it on, answer with an error, never answer, or cut after passing it on. */
export type ProxyDecision = 'pass' | 'fail' | 'hang' | 'pass-then-hang' | 'hide';

/** A proxy in front of a chain node, through which a test takes the node away at a chosen moment. */
export class RpcProxy {
  decide: (method: string) => ProxyDecision = () => 'pass';
  /** Methods in the order they came. */
  readonly methods: string[] = [];
  /** What the methods were called with, in the same order. */
  readonly parameters: unknown[][] = [];
  private readonly open = new Set<ServerResponse>();

  private constructor(
    private readonly target: string,
    private readonly server: Server,
  ) {}

  static async start(target: string): Promise<RpcProxy> {
    const server = createServer();
    const proxy = new RpcProxy(target, server);
    server.on('request', (request, response) => void proxy.serve(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const response of this.open) response.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.open.add(response);
    response.on('close', () => this.open.delete(response));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { id, method, params } = JSON.parse(body) as { id: number; method: string; params?: unknown[] };
    this.methods.push(method);
    this.parameters.push(params ?? []);
    const decision = this.decide(method);
    if (decision === 'hang') return;
    if (decision === 'fail') {
      response.writeHead(503).end();
      return;
    }
    if (decision === 'hide') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: null }));
      return;
    }
    const answer = await fetch(this.target, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const text = await answer.text();
    if (decision === 'pass-then-hang') return;
    response.setHeader('content-type', 'application/json');
    response.end(text);
  }
}
