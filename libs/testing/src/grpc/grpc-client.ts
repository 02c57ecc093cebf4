import {
  credentials,
  makeGenericClientConstructor,
  Metadata,
  type CallOptions,
  type ChannelCredentials,
  type Client,
  type MethodDefinition,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { decodeErrorDetails, type GrpcErrorDetails } from '@touchstone/platform/grpc';
import { protoPath as healthProto } from 'grpc-health-check';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** A message as it is read: camel case, 64-bit integers as strings. */
export type GrpcMessage = Record<string, unknown>;

/** What a call sends beside its message. */
export interface GrpcCallOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly deadlineMs?: number;
}

/** An answer with the metadata after it. */
export interface GrpcAnswer {
  readonly message: GrpcMessage;
  readonly trailers: Metadata;
}

/** Why a call was refused: its status, and what its details say. */
export interface GrpcRefusal extends Partial<GrpcErrorDetails> {
  readonly status: number;
  readonly message: string;
  readonly trailers: Metadata;
}

const contracts = fileURLToPath(new URL('../../../contracts/proto/', import.meta.url));
const require = createRequire(import.meta.url);
const reflectionProto = require
  .resolve('@grpc/reflection')
  .replace(/build.src.*$/, 'build/proto/grpc/reflection/v1/reflection.proto');

const REFLECTION = 'grpc.reflection.v1.ServerReflection';
const HEALTH = 'grpc.health.v1.Health';

/** The file of a service: `touchstone.hub.v1.HubService` stands in `touchstone/hub/v1/hub.proto`. */
function protoOf(service: string): string {
  if (service === HEALTH) return healthProto;
  if (service === REFLECTION) return reflectionProto;
  const [owner = '', name = '', version = ''] = service.split('.');
  return `${contracts}${owner}/${name}/${version}/${name}.proto`;
}

/** A client of one service, as anybody makes one from its proto. */
export class GrpcTestClient {
  private constructor(
    private readonly client: Client,
    private readonly methods: ServiceDefinition,
    readonly service: string,
    private readonly address: string,
  ) {}

  /** @param service with its package, for example `touchstone.hub.v1.HubService` */
  static connect(
    address: string,
    service: string,
    security: ChannelCredentials = credentials.createInsecure(),
  ): GrpcTestClient {
    const loaded = loadSync(protoOf(service), { longs: String, enums: String, defaults: true });
    const methods = loaded[service] as ServiceDefinition;
    const Constructor = makeGenericClientConstructor(methods, service);
    return new GrpcTestClient(new Constructor(address, security), methods, service, address);
  }

  /** The bytes of a request message. */
  bytesOf(method: string, request: object): Buffer {
    return this.method(method).requestSerialize(request);
  }

  /** Asks for one answer. @throws ServiceError; {@link refusalOf} reads it */
  async call(method: string, request: object, options: GrpcCallOptions = {}): Promise<GrpcMessage> {
    return (await this.ask(method, request, options)).message;
  }

  ask(method: string, request: object, options: GrpcCallOptions = {}): Promise<GrpcAnswer> {
    return this.send(method, this.bytesOf(method, request), options);
  }

  /** Sends bytes that need not be a message. */
  send(method: string, bytes: Buffer, options: GrpcCallOptions = {}): Promise<GrpcAnswer> {
    const { path, responseDeserialize } = this.method(method);
    return new Promise((resolve, reject) => {
      let message: GrpcMessage | undefined;
      const call = this.client.makeUnaryRequest(
        path,
        (value: Buffer) => value,
        (value) => responseDeserialize(value) as GrpcMessage,
        bytes,
        metadataOf(options),
        callOptionsOf(options),
        (error, value) => (error ? reject(error) : (message = value)),
      );
      call.on('status', ({ code, metadata: trailers }) => {
        if (code === 0 && message !== undefined) resolve({ message, trailers });
      });
    });
  }

  /** What the call was refused with; an error of the spec where it was answered. */
  async refusal(
    method: string,
    request: object | Buffer,
    options: GrpcCallOptions = {},
  ): Promise<GrpcRefusal> {
    const asked = Buffer.isBuffer(request)
      ? this.send(method, request, options)
      : this.ask(method, request, options);
    const error = await asked.then(
      () => new Error(`${method} was answered.`),
      (caught: ServiceError) => caught,
    );
    if (!('code' in error)) throw error;
    return refusalOf(error);
  }

  /** All messages of a stream until it ends; its error is the last of them, read by {@link refusalOf}. */
  stream(
    method: string,
    request: object,
    options: GrpcCallOptions = {},
  ): Promise<{ readonly messages: GrpcMessage[]; readonly refusal: GrpcRefusal | undefined }> {
    const { path, responseDeserialize } = this.method(method);
    const messages: GrpcMessage[] = [];
    return new Promise((resolve) => {
      this.client
        .makeServerStreamRequest(
          path,
          (value: Buffer) => value,
          (value) => responseDeserialize(value) as GrpcMessage,
          this.bytesOf(method, request),
          metadataOf(options),
          callOptionsOf(options),
        )
        .on('data', (message: GrpcMessage) => messages.push(message))
        .on('error', (error: ServiceError) => resolve({ messages, refusal: refusalOf(error) }))
        .on('end', () => resolve({ messages, refusal: undefined }));
    });
  }

  /** Names of all services that the server describes by reflection. */
  async reflected(): Promise<string[]> {
    const { client } = GrpcTestClient.connect(this.address, REFLECTION);
    try {
      const stream = (
        client as unknown as { ServerReflectionInfo(): NodeJS.ReadWriteStream }
      ).ServerReflectionInfo();
      const answer = new Promise<GrpcMessage>((resolve, reject) =>
        stream.once('data', resolve).once('error', reject),
      );
      (stream as unknown as { write(message: object): void }).write({ listServices: '' });
      const { listServicesResponse } = await answer;
      stream.end();
      return (listServicesResponse as { service: { name: string }[] }).service.map(({ name }) => name);
    } finally {
      client.close();
    }
  }

  /** What `grpc.health.v1` says about the service. */
  async health(): Promise<unknown> {
    const health = GrpcTestClient.connect(this.address, HEALTH);
    try {
      return (await health.call('Check', { service: this.service }))['status'];
    } finally {
      health.close();
    }
  }

  close(): void {
    this.client.close();
  }

  private method(name: string): MethodDefinition<object, object> {
    const method = this.methods[name];
    if (method === undefined) throw new Error(`${this.service} has no method ${name}.`);
    return method;
  }
}

/** Reads an error of a call. */
export function refusalOf({ code, details, metadata }: ServiceError): GrpcRefusal {
  const [bytes] = metadata.get('grpc-status-details-bin');
  const told = bytes instanceof Buffer ? decodeErrorDetails(bytes) : undefined;
  return { status: code, message: details, trailers: metadata, ...told };
}

function metadataOf({ metadata: entries = {} }: GrpcCallOptions): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(entries)) metadata.set(name, value);
  return metadata;
}

function callOptionsOf({ deadlineMs }: GrpcCallOptions): CallOptions {
  return deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
}
