import {
  AppError,
  rpcListenSubject,
  type MeshIdentity,
  type RpcRequest,
  type RpcResponse,
  type RpcService,
  type RpcVerb,
} from '@touchstone/contracts';
import { Catch, UseFilters, type RpcExceptionFilter } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { throwError, type Observable } from 'rxjs';

/**
 * What a handler learns beside the request: the calling service, and its node where each node has a user, because the server
 * lets a user publish only its own name at the end of a subject.
 */
export interface RpcContext extends MeshIdentity {
  readonly subject: string;
  /** Headers with lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The signature of a handler method. */
export type RpcHandlerMethod<S extends RpcService, V extends RpcVerb<S>> = (
  request: RpcRequest<S, V>,
  context: RpcContext,
) => Promise<RpcResponse<S, V>>;

/**
 * Hands the error of a handler on as it is. Nest's own filter would replace everything but an `RpcException`
 * by "Internal server error" and the code would be lost.
 */
@Catch()
export class PassErrorsThroughFilter implements RpcExceptionFilter {
  catch(exception: unknown): Observable<never> {
    return throwError(() => exception);
  }
}

/** Nest's identifier of our transport, so that an application with a second one hands each its own handlers. */
export const MESH_TRANSPORT = Symbol('touchstone-mesh');

/** The extra under which a handler's service and verb travel through Nest's registry. */
export interface RpcEndpointExtras {
  readonly service: RpcService;
  readonly verb: string;
}

/**
 * Marks a controller method as the answer to `verb` of `service`. The method receives `(request, context)`
 * with the request already validated, and its result is validated against the response schema.
 *
 * @example
 * ```ts
 * \@RpcHandler('signer', 'sign-output')
 * async signOutput(request: RpcRequest<'signer', 'sign-output'>, context: RpcContext) { … }
 * ```
 */
export function RpcHandler<S extends RpcService, V extends RpcVerb<S>>(service: S, verb: V) {
  return <T extends RpcHandlerMethod<S, V>>(
    target: object,
    key: string,
    descriptor: TypedPropertyDescriptor<T>,
  ): void => {
    const extras: RpcEndpointExtras = { service, verb };
    Payload()(target, key, 0);
    Ctx()(target, key, 1);
    MessagePattern(rpcListenSubject(service, verb), MESH_TRANSPORT, extras)(
      target,
      key,
      descriptor as PropertyDescriptor,
    );
    UseFilters(new PassErrorsThroughFilter())(target, key, descriptor as PropertyDescriptor);
  };
}

/** Reads service and verb back. @throws AppError `config-invalid` for a handler without our decorator. */
export function readExtras(pattern: string, extras: Record<string, unknown> | undefined): RpcEndpointExtras {
  const { service, verb } = extras ?? {};
  if (typeof service !== 'string' || typeof verb !== 'string') {
    throw new AppError('config-invalid', `The handler of "${pattern}" was not declared by @RpcHandler.`);
  }
  return { service: service as RpcService, verb };
}
