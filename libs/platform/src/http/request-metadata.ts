import 'reflect-metadata';
import type { z } from 'zod';

/** The request schemas of one controller method, as its parameter decorators declared them. */
export interface RequestSchemas {
  body?: { readonly schema: z.ZodType; readonly bytesMax: number };
  query?: z.ZodObject;
  path: Record<string, z.ZodType>;
}

const REQUEST_SCHEMAS = Symbol('touchstone:request-schemas');

/** Adds to the schemas of a controller method. */
export function declareRequest(
  target: object,
  method: string | symbol | undefined,
  change: (schemas: RequestSchemas) => void,
): void {
  if (method === undefined) throw new Error('Request schemas belong to parameters of controller methods.');
  const schemas: RequestSchemas = requestSchemas(target, method) ?? { path: {} };
  change(schemas);
  Reflect.defineMetadata(REQUEST_SCHEMAS, schemas, target, method);
}

/** The declared schemas of a controller method, or undefined when it declares none. */
export function requestSchemas(target: object, method: string | symbol): RequestSchemas | undefined {
  return Reflect.getOwnMetadata(REQUEST_SCHEMAS, target, method) as RequestSchemas | undefined;
}
