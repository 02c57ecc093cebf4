import {
  Metadata,
  Server,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceDefinition,
  type UntypedHandleCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';

const requestBytes = new WeakMap<object, Uint8Array>();
const trailersOf = new WeakMap<object, Metadata>();

/**
 * The exact bytes of a request message, after decompression. What is bound to a request is bound to these: a message that was
 * read and written again need not have the same ones.
 */
export function messageBytes(message: object): Uint8Array {
  const bytes = requestBytes.get(message);
  if (bytes === undefined) throw new Error('This is no request message that a server of ours read.');
  return bytes;
}

/** Adds trailing metadata to what a unary call is answered, be it a message or an error, as headers are added over HTTP. */
export function setTrailer(call: object, name: string, value: string): void {
  const trailers = trailersOf.get(call) ?? new Metadata();
  trailers.set(name, value);
  trailersOf.set(call, trailers);
}

/** A gRPC server whose handlers may ask for {@link messageBytes} and may {@link setTrailer}. */
export class CallServer extends Server {
  override addService(service: ServiceDefinition, implementation: UntypedServiceImplementation): void {
    const methods = Object.entries(service);
    const read = methods.map(([name, method]) => [
      name,
      {
        ...method,
        requestDeserialize: (bytes: Buffer) => keepBytes(method.requestDeserialize(bytes), bytes),
      },
    ]);
    const answered = methods.flatMap(([name, { originalName = name, requestStream, responseStream }]) => {
      const handler = implementation[name] ?? implementation[originalName];
      if (handler === undefined) return [];
      return [[name, requestStream || responseStream ? handler : withTrailers(handler as UnaryHandler)]];
    });
    super.addService(
      Object.fromEntries(read) as ServiceDefinition,
      Object.fromEntries(answered) as UntypedServiceImplementation,
    );
  }
}

type UnaryHandler = (call: ServerUnaryCall<unknown, unknown>, done: sendUnaryData<unknown>) => void;

function keepBytes<T>(message: T, bytes: Uint8Array): T {
  if (typeof message === 'object' && message !== null) requestBytes.set(message, bytes);
  return message;
}

function withTrailers(handler: UnaryHandler): UntypedHandleCall {
  return ((call, done) =>
    handler(call, (error, value, own, flags) => {
      const trailers = trailersOf.get(call);
      if (trailers === undefined) return done(error, value, own, flags);
      // An error has its own metadata, which would win over those of the answer.
      const metadata = error?.metadata ?? own ?? new Metadata();
      metadata.merge(trailers);
      done(error && Object.assign(error, { metadata }), value, metadata, flags);
    })) satisfies UnaryHandler;
}
