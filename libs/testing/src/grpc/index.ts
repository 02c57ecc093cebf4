export {
  GrpcTestClient,
  refusalOf,
  type GrpcAnswer,
  type GrpcCallOptions,
  type GrpcMessage,
  type GrpcRefusal,
} from './grpc-client.js';
