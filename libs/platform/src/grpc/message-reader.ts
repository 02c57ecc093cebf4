import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync, type Options } from '@grpc/proto-loader';

/** How messages look to handlers: 64-bit integers are strings, names are camel case. */
export const protoLoading: Options = {
  longs: String,
  enums: String,
  keepCase: false,
  defaults: true,
  oneofs: true,
};

/**
 * Reads request messages of one method that were kept, as its handler got them.
 *
 * @param service with its package, for example `touchstone.signer.v1.SignerService`
 */
export function messageReader(
  protoPath: string,
  service: string,
  method: string,
): (bytes: Uint8Array) => object {
  const methods = loadSync(protoPath, protoLoading)[service] as ServiceDefinition | undefined;
  const definition = methods?.[method];
  if (definition === undefined) throw new Error(`${protoPath} has no method ${service}/${method}.`);
  return (bytes) => definition.requestDeserialize(Buffer.from(bytes)) as object;
}
