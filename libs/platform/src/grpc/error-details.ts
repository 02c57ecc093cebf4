import { fromJSON, type MethodDefinition } from '@grpc/proto-loader';
import type { ErrorDetail } from '@touchstone/contracts';

/** What `google.rpc.ErrorInfo` says: a stable reason within a domain. */
export interface ErrorInfo {
  readonly reason: string;
  readonly domain: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What an error says beside its message: an `ErrorInfo`, and a `RetryInfo` and a `BadRequest` where there is something in them. */
export interface GrpcErrorDetails {
  readonly info: ErrorInfo;
  readonly retryAfterSeconds?: number | undefined;
  /** `pointer` travels as the field of a violation. */
  readonly findings?: readonly ErrorDetail[] | undefined;
}

/** Most findings of one error: clients take trailers of 8 KiB, and these of the longest texts stay below. */
export const GRPC_FINDINGS_MAX = 8;

/** `map<string, string>`; the loader's own type of a field leaves `keyType` out. */
const metadataField = { keyType: 'string', type: 'string', id: 3 };
const codecOf = (requestType: string, responseType: string) => ({ requestType, responseType, comment: '' });

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
            Duration: { fields: { seconds: { type: 'int64', id: 1 }, nanos: { type: 'int32', id: 2 } } },
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
            RetryInfo: { fields: { retryDelay: { type: 'google.protobuf.Duration', id: 1 } } },
            BadRequest: {
              fields: { fieldViolations: { rule: 'repeated', type: 'FieldViolation', id: 1 } },
              nested: {
                FieldViolation: {
                  fields: { field: { type: 'string', id: 1 }, description: { type: 'string', id: 2 } },
                },
              },
            },
            Codec: {
              methods: {
                Details: codecOf('Status', 'ErrorInfo'),
                Advice: codecOf('RetryInfo', 'BadRequest'),
              },
            },
          },
        },
      },
    },
  },
});

const codecs = definitions['google.rpc.Codec'] as Record<
  'Details' | 'Advice',
  MethodDefinition<object, object>
>;
const { requestSerialize: encodeStatus, requestDeserialize: decodeStatus } = codecs.Details;

/** How each detail is written and read, by the name of its message. */
const detailCodecs = {
  ErrorInfo: { write: codecs.Details.responseSerialize, read: codecs.Details.responseDeserialize },
  RetryInfo: { write: codecs.Advice.requestSerialize, read: codecs.Advice.requestDeserialize },
  BadRequest: { write: codecs.Advice.responseSerialize, read: codecs.Advice.responseDeserialize },
} as const;
type DetailName = keyof typeof detailCodecs;

const typeUrlOf = (name: DetailName): string => `type.googleapis.com/google.rpc.${name}`;
const packed = (name: DetailName, message: object) => ({
  typeUrl: typeUrlOf(name),
  value: detailCodecs[name].write(message),
});

/** Encodes the trailer `grpc-status-details-bin`: a google.rpc.Status with its details. */
export function encodeErrorDetails(
  code: number,
  message: string,
  { info, retryAfterSeconds, findings = [] }: GrpcErrorDetails,
): Buffer {
  const fieldViolations = findings
    .slice(0, GRPC_FINDINGS_MAX)
    .map(({ pointer, detail }) => ({ field: pointer, description: detail }));
  const details = [
    packed('ErrorInfo', info),
    ...(retryAfterSeconds === undefined
      ? []
      : [packed('RetryInfo', { retryDelay: { seconds: Math.ceil(retryAfterSeconds) } })]),
    ...(fieldViolations.length === 0 ? [] : [packed('BadRequest', { fieldViolations })]),
  ];
  return encodeStatus({ code, message, details });
}

/** Reads the details out of `grpc-status-details-bin`; undefined when there is no ErrorInfo or they are malformed. */
export function decodeErrorDetails(bytes: Uint8Array): GrpcErrorDetails | undefined {
  try {
    const { details = [] } = decodeStatus(Buffer.from(bytes)) as {
      details?: { typeUrl: string; value: Buffer }[];
    };
    const read = <T>(name: DetailName): Partial<T> | undefined => {
      const found = details.find(({ typeUrl }) => typeUrl === typeUrlOf(name));
      return found && (detailCodecs[name].read(Buffer.from(found.value)) as Partial<T>);
    };
    const info = read<ErrorInfo>('ErrorInfo');
    if (info === undefined) return undefined;
    const seconds = read<{ retryDelay: { seconds?: unknown } }>('RetryInfo')?.retryDelay?.seconds;
    const violations = read<{ fieldViolations: { field?: string; description?: string }[] }>('BadRequest');
    return {
      info: { reason: info.reason ?? '', domain: info.domain ?? '', metadata: { ...info.metadata } },
      ...(seconds === undefined ? {} : { retryAfterSeconds: Number(seconds) }),
      ...(violations === undefined
        ? {}
        : {
            findings: (violations.fieldViolations ?? []).map(({ field = '', description = '' }) => ({
              pointer: field,
              detail: description,
            })),
          }),
    };
  } catch {
    return undefined;
  }
}
