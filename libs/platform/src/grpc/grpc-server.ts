import type { Server, ServerCredentials } from '@grpc/grpc-js';
import { ServerGrpc } from '@nestjs/microservices';
import { CallServer } from './call-server.js';

/** Largest gRPC message in bytes in either direction where the service does not say otherwise. */
export const GRPC_MESSAGE_BYTES_DEFAULT_MAX = 4_194_304;
/** Milliseconds that running calls get when the server closes, before it cuts them. */
const CLOSE_GRACE_MS = 5_000;

/** Where and how a server listens. */
export interface GrpcListener {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly credentials: ServerCredentials;
  readonly requestBytesMax: number;
  /** Infinite for no limit. */
  readonly answerBytesMax: number;
}

/** Nest's gRPC server, which also tells the port that it got and closes within a limit. */
export class BoundGrpcServer extends ServerGrpc {
  /** The port once the server listens; 0 before. */
  port = 0;
  private server: Server | undefined;

  constructor(
    options: ConstructorParameters<typeof ServerGrpc>[0],
    private readonly listener: GrpcListener,
  ) {
    super(options);
  }

  override async createClient(): Promise<Server> {
    const { host, port, credentials, requestBytesMax, answerBytesMax } = this.listener;
    const server = new CallServer({
      'grpc.max_receive_message_length': requestBytesMax,
      'grpc.max_send_message_length': Number.isFinite(answerBytesMax) ? answerBytesMax : -1,
    });
    const name = host.includes(':') ? `[${host}]` : host;
    this.port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`${name}:${port}`, credentials, (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    this.server = server;
    return server;
  }

  override async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        server.forceShutdown();
        resolve();
      }, CLOSE_GRACE_MS);
      server.tryShutdown(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
