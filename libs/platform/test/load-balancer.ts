import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';

/** What became of a request. `elsewhere`: the service was known to be red, so that another replica got it. */
export type Outcome = 'answered' | 'elsewhere' | string;

/** Sends requests to a service while its readiness is green, as a proxy with active checks does. */
export class LoadBalancer {
  readonly outcomes: Outcome[] = [];
  /** Answers that asked to close the connection. */
  closing = 0;
  private ready = true;
  private checked: () => void = () => undefined;
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(
    private readonly ports: { readonly http: number; readonly health: number },
    checkMs: number,
  ) {
    this.timer = setInterval(() => void this.check(), checkMs);
  }

  /** Resolves when it has asked once more. */
  nextCheck(): Promise<void> {
    return new Promise((resolve) => (this.checked = resolve));
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Forwards one request over a connection of its own; waits for nobody. */
  forward(path: string): Promise<void> {
    if (!this.ready) {
      this.outcomes.push('elsewhere');
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const settle = (outcome: Outcome): void => {
        this.outcomes.push(outcome);
        resolve();
      };
      const sent = httpRequest(
        { port: this.ports.http, path, method: 'POST', agent: false, headers: { connection: 'keep-alive' } },
        (response) => {
          if (response.headers.connection === 'close') this.closing += 1;
          response.resume().once('end', () => {
            settle(response.statusCode === 200 ? 'answered' : `status ${response.statusCode}`);
            sent.destroy();
          });
          response.once('error', (error) => settle(error.message));
        },
      );
      sent.once('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
      sent.end();
    });
  }

  private async check(): Promise<void> {
    const status = await fetch(`http://127.0.0.1:${this.ports.health}/readyz`).then(
      (response) => response.status,
      () => 0,
    );
    this.ready &&= status === 200;
    this.checked();
  }
}

const POST = 'POST /v1/work HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n';

/** A connection that has had an answer and is kept for the next request. */
export class KeptConnection {
  private readonly socket;
  private received = '';
  private ended = false;
  private error: string | undefined;
  private readonly closed: Promise<void>;

  private constructor(port: number) {
    this.socket = connect(port, '127.0.0.1').setNoDelay(true).setEncoding('latin1');
    this.socket.on('data', (text: string) => (this.received += text));
    this.socket.on('error', (error: NodeJS.ErrnoException) => (this.error = error.code ?? error.message));
    this.socket.on('end', () => (this.ended = true));
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
  }

  static async open(port: number): Promise<KeptConnection> {
    const connection = new KeptConnection(port);
    connection.socket.write(POST);
    while (!connection.received.includes('"done"')) await new Promise((resolve) => setTimeout(resolve, 2));
    connection.received = '';
    return connection;
  }

  /**
   * Writes a request unless the other side has ended. `crossed`: the other side ended without an answer and without a
   * reset, as when the end was on its way already as the request was written, which no server can prevent; that the
   * request was not begun is for the server to say.
   */
  async use(): Promise<Outcome> {
    if (this.ended || this.error !== undefined) return this.error ?? 'ended before';
    this.socket.write(POST);
    await this.closed;
    if (this.error !== undefined) return this.error;
    if (this.ended && this.received === '') return 'crossed';
    if (!/^HTTP\/1.1 200 [^]*^connection: close\r$/im.test(this.received)) return `lost: ${this.received}`;
    return 'answered';
  }
}
