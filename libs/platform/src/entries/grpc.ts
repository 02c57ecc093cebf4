export { decodeErrorDetails, encodeErrorDetails, type ErrorInfo } from '../grpc/error-details.js';
export { BoundGrpcServer, GRPC_MESSAGE_BYTES_DEFAULT_MAX } from '../grpc/grpc-server.js';
export { ERROR_DOMAIN, grpcStatusOf, toGrpcError, type GrpcError } from '../grpc/grpc-status.js';
export { serveGrpc, type GrpcOptions } from '../grpc/serve-grpc.js';
