import 'reflect-metadata';
import type { ErrorCode } from '@touchstone/contracts';
import type { z } from 'zod';

/** One answer of a route. */
export interface ApiResponse {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** `application/json` when left out. */
  readonly mediaType?: string;
  /** Further media types of the same answer, whose form the description tells. */
  readonly otherMediaTypes?: readonly string[];
}

/** What the document says of a route beside the request, which is taken from its parameter decorators. */
export interface ApiRouteOptions {
  readonly summary: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  /** The body of the answer with the route's own status; shorthand for an entry of `responses`. */
  readonly response?: z.ZodType;
  /** Further answers by status. */
  readonly responses?: Readonly<Record<number, ApiResponse>>;
  /** The codes that the route answers as problems. */
  readonly errors?: readonly ErrorCode[];
  /** The form of its refusals, in `application/json`; problems (RFC 9457) when left out. */
  readonly errorSchema?: z.ZodType;
  /** Names of security schemes of the document. */
  readonly security?: readonly string[];
  /**
   * True for a route that pages of other origins may use, where the operator lists origins. Never for one that a token
   * opens.
   */
  readonly public?: boolean;
  /** The media type of a body that is read as bytes. */
  readonly rawBodyMediaType?: string;
  /** The parts of a form that is read as bytes; a part that is a file is a string of the format `binary`. */
  readonly rawBodySchema?: z.ZodType;
}

const API_ROUTE = Symbol('touchstone:api-route');

/** Puts a controller method into the OpenAPI document; a method without it stays out. */
export function ApiRoute(options: ApiRouteOptions): MethodDecorator {
  return (_target, _method, { value }: PropertyDescriptor) => {
    Reflect.defineMetadata(API_ROUTE, options, value as object);
  };
}

/** The options that {@link ApiRoute} stored, of a controller's method or of the handler that Nest makes of it. */
export function apiRouteOf(handler: object): ApiRouteOptions | undefined {
  return Reflect.getOwnMetadata(API_ROUTE, handler) as ApiRouteOptions | undefined;
}

/** The media types that a route answers with when all goes well. */
export function mediaTypesOf(options: ApiRouteOptions | undefined): readonly string[] {
  const answers = Object.entries(options?.responses ?? {}).filter(([status]) => Number(status) < 300);
  return [
    ...(options?.response === undefined ? [] : ['application/json']),
    ...answers.flatMap(([, { mediaType = 'application/json', otherMediaTypes = [] }]) => [
      mediaType,
      ...otherMediaTypes,
    ]),
  ];
}
