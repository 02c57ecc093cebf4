import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { z } from 'zod';
import { readJsonBody, type BodyOptions } from './json-body.js';
import { BODY_BYTES_DEFAULT_MAX } from './limits.js';
import { readRawBody } from './read-body.js';
import { declareRequest } from './request-metadata.js';
import { queryOf, type HttpRequest } from './request.js';
import { validate } from './validate.js';

/**
 * The JSON body, read strictly and validated. The body is read only after the guards agreed, and its exact bytes are
 * on `request.rawBody` before the method runs.
 *
 * @example
 * ```ts
 * @Post('v1/sign')
 * sign(@ZodBody(signRequest, { bytesMax: 65_536 }) body: z.infer<typeof signRequest>) {}
 * ```
 */
export function ZodBody(schema: z.ZodType, options: BodyOptions = {}): ParameterDecorator {
  const bytesMax = options.bytesMax ?? BODY_BYTES_DEFAULT_MAX;
  const read = parameter(async (request) => validate(schema, await readJsonBody(request, options), 'body'));
  return (target, method, index) => {
    declareRequest(target, method, (schemas) => {
      schemas.body = { schema, bytesMax };
    });
    read(target, method, index);
  };
}

/** The request itself, whose body the method reads by what it finds out first; it is documented by a schema and its largest size. */
export function DeclaredBody(
  schema: z.ZodType,
  { bytesMax }: { readonly bytesMax: number },
): ParameterDecorator {
  const read = parameter((request) => request);
  return (target, method, index) => {
    declareRequest(target, method, (schemas) => {
      schemas.body = { schema, bytesMax };
    });
    read(target, method, index);
  };
}

/** The exact bytes of the body, of whatever media type; the method checks that itself. */
export function RawBodyBytes(options: Pick<BodyOptions, 'bytesMax'> = {}): ParameterDecorator {
  const bytesMax = options.bytesMax ?? BODY_BYTES_DEFAULT_MAX;
  return parameter((request) => readRawBody(request, bytesMax));
}

/** All query parameters, validated by an object schema; use `z.strictObject` to refuse unknown ones. */
export function ZodQuery(schema: z.ZodObject): ParameterDecorator {
  const read = parameter((request) => validate(schema, queryOf(request), 'query'));
  return (target, method, index) => {
    declareRequest(target, method, (schemas) => {
      schemas.query = schema;
    });
    read(target, method, index);
  };
}

/** One path parameter. */
export function ZodParam(name: string, schema: z.ZodType): ParameterDecorator {
  const member = z.object({ [name]: schema });
  const read = parameter((request) => validate(member, request.params, 'path')[name]);
  return (target, method, index) => {
    declareRequest(target, method, (schemas) => {
      schemas.path[name] = schema;
    });
    read(target, method, index);
  };
}

function parameter(read: (request: HttpRequest) => unknown): ParameterDecorator {
  return createParamDecorator((_data: unknown, context: ExecutionContext) =>
    read(context.switchToHttp().getRequest<HttpRequest>()),
  )();
}
