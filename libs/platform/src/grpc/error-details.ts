import { fromJSON, type MethodDefinition } from '@grpc/proto-loader';

/** What `google.rpc.ErrorInfo` says: a stable reason within a domain. */
export interface ErrorInfo {
  readonly reason: string;
  readonly domain: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** `map<string, string>`; the loader's own type of a field leaves `keyType` out. */
const metadataField = { keyType: 'string', type: 'string', id: 3 };

/**
 * The messages of google/rpc/status.proto and error_details.proto that we send. The loader hands out codecs only for
 * the messages of a service, so a service that nobody serves names them.
 */
const definitions = fromJSON({
  nested: {
    google: {
      nested: {
        protobuf: {
          nested: {
            Any: { fields: { typeUrl: { type: 'string', id: 1 }, value: { type: 'bytes', id: 2 } } },
          },
        },
        rpc: {
          nested: {
            Status: {
              fields: {
                code: { type: 'int32', id: 1 },
                message: { type: 'string', id: 2 },
                details: { rule: 'repeated', type: 'google.protobuf.Any', id: 3 },
              },
            },
            ErrorInfo: {
              fields: {
                reason: { type: 'string', id: 1 },
                domain: { type: 'string', id: 2 },
                metadata: metadataField,
              },
            },
            Codec: {
              methods: { Details: { requestType: 'Status', responseType: 'ErrorInfo', comment: '' } },
            },
          },
        },
      },
    },
  },
});

const codec = (definitions['google.rpc.Codec'] as Record<string, MethodDefinition<object, object>>)[
  'Details'
] as MethodDefinition<object, object>;

const ERROR_INFO_TYPE = 'type.googleapis.com/google.rpc.ErrorInfo';

/** Encodes the trailer `grpc-status-details-bin`: a google.rpc.Status with one ErrorInfo. */
export function encodeErrorDetails(code: number, message: string, info: ErrorInfo): Buffer {
  const value = codec.responseSerialize(info);
  return codec.requestSerialize({ code, message, details: [{ typeUrl: ERROR_INFO_TYPE, value }] });
}

/** Reads the first ErrorInfo out of `grpc-status-details-bin`; undefined when there is none or it is malformed. */
export function decodeErrorDetails(bytes: Uint8Array): ErrorInfo | undefined {
  try {
    const status = codec.requestDeserialize(Buffer.from(bytes)) as {
      details?: { typeUrl: string; value: Buffer }[];
    };
    const detail = status.details?.find(({ typeUrl }) => typeUrl === ERROR_INFO_TYPE);
    if (detail === undefined) return undefined;
    const info = codec.responseDeserialize(Buffer.from(detail.value)) as Partial<ErrorInfo>;
    return { reason: info.reason ?? '', domain: info.domain ?? '', metadata: { ...info.metadata } };
  } catch {
    return undefined;
  }
}
