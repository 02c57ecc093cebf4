import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SetUpAnswer } from '@touchstone/contracts/http/set-ups';

/** Stands between the command line and a gateway, and does what an operator who lies, or a bad line, would do. */
export class SetUpProxy {
  /** What the page of a set-up says instead. */
  change: (setUp: SetUpAnswer) => SetUpAnswer = (setUp) => setUp;
  /** Another file in the place of one, by its name. */
  readonly files = new Map<string, Uint8Array>();
  /** Answers to contributions that are still cut off after the gateway gave them. */
  cutAnswers = 0;
  url = '';
  private readonly server = createServer((request, response) => {
    const body: Buffer[] = [];
    request.on('data', (chunk: Buffer) => body.push(chunk));
    request.on('end', () => {
      void this.forward(
        request.method ?? 'GET',
        request.url ?? '/',
        request.headers,
        Buffer.concat(body),
      ).then(({ status, bytes, isCut }) => {
        if (isCut) response.destroy();
        else response.writeHead(status, { 'content-length': bytes.length }).end(bytes);
      });
    });
  });

  static async start(gateway: string): Promise<SetUpProxy> {
    const proxy = new SetUpProxy(gateway);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    proxy.url = `http://127.0.0.1:${(proxy.server.address() as AddressInfo).port}`;
    return proxy;
  }

  private constructor(private readonly gateway: string) {}

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async forward(
    method: string,
    path: string,
    headers: NodeJS.Dict<string | string[]>,
    body: Buffer,
  ): Promise<{ status: number; bytes: Uint8Array; isCut: boolean }> {
    const sent = ['authorization', 'content-type', 'if-match'].flatMap((name) =>
      typeof headers[name] === 'string' ? [[name, headers[name]] as [string, string]] : [],
    );
    const answer = await fetch(`${this.gateway}${path}`, {
      ...{ method, headers: sent },
      ...(method === 'POST' ? { body: body as Uint8Array<ArrayBuffer> } : {}),
    });
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const { status } = answer;
    const isCut = method === 'POST' && status < 300 && this.cutAnswers > 0;
    if (isCut) this.cutAnswers -= 1;
    const file = this.files.get(path.split('/').at(-1) ?? '');
    if (file !== undefined) return { status, bytes: file, isCut };
    const isPage = method === 'GET' && status === 200 && /\/v1\/set-ups\/[0-9a-f-]{36}$/.test(path);
    if (!isPage) return { status, bytes, isCut };
    const shown = this.change(JSON.parse(new TextDecoder().decode(bytes)) as SetUpAnswer);
    return { status, bytes: new TextEncoder().encode(JSON.stringify(shown)), isCut };
  }
}
