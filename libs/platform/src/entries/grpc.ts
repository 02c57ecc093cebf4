export { messageBytes, setTrailer } from '../grpc/call-server.js';
export {
  decodeErrorDetails,
  encodeErrorDetails,
  GRPC_FINDINGS_MAX,
  type ErrorInfo,
  type GrpcErrorDetails,
} from '../grpc/error-details.js';
export { BoundGrpcServer, GRPC_MESSAGE_BYTES_DEFAULT_MAX } from '../grpc/grpc-server.js';
export { ERROR_DOMAIN, grpcStatusOf, toGrpcError, type GrpcError } from '../grpc/grpc-status.js';
export { messageReader } from '../grpc/message-reader.js';
export { serveGrpc, type GrpcConfig, type GrpcOptions } from '../grpc/serve-grpc.js';
