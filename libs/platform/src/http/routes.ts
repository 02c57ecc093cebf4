import 'reflect-metadata';
import { RequestMethod } from '@nestjs/common';
import { HTTP_CODE_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/internal';

/** A controller class. */
export type ControllerClass = abstract new (...args: never[]) => object;

/** One route as the decorators of a controller declare it. */
export interface Route {
  /** `GET`, `POST`, … or `ALL`. */
  readonly method: string;
  /** Nest's path with `:name` segments and a leading slash. */
  readonly path: string;
  readonly controller: ControllerClass;
  readonly handlerName: string;
  readonly handler: object;
}

/** Reads the routes of controllers from Nest's own decorators. Global prefixes and versions are not applied. */
export function collectRoutes(controllers: readonly ControllerClass[]): Route[] {
  return controllers.flatMap((controller) => {
    const prefixes = pathsOf(controller);
    const prototype = controller.prototype as object;
    return Object.getOwnPropertyNames(prototype).flatMap((handlerName) => {
      const handler: unknown = Object.getOwnPropertyDescriptor(prototype, handlerName)?.value;
      if (typeof handler !== 'function' || !Reflect.hasMetadata(METHOD_METADATA, handler)) return [];
      const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as number] ?? 'ALL';
      return prefixes.flatMap((prefix) =>
        pathsOf(handler).map((path) => ({
          method,
          path: joinPath(prefix, path),
          controller,
          handlerName,
          handler,
        })),
      );
    });
  });
}

/** Makes 200 the status of every POST that does not declare one; Nest's own default is 201. */
export function defaultPostStatus(routes: readonly Route[]): void {
  for (const { method, handler } of routes)
    if (method === 'POST' && !Reflect.hasMetadata(HTTP_CODE_METADATA, handler))
      Reflect.defineMetadata(HTTP_CODE_METADATA, 200, handler);
}

/** The status that a route answers with when all goes well. */
export function successStatus(route: Route): number {
  return (Reflect.getMetadata(HTTP_CODE_METADATA, route.handler) as number | undefined) ?? 200;
}

function pathsOf(target: object): string[] {
  const path = Reflect.getMetadata(PATH_METADATA, target) as string | string[] | undefined;
  return Array.isArray(path) ? path : [path ?? ''];
}

function joinPath(prefix: string, path: string): string {
  const segments = `${prefix}/${path}`.split('/').filter((segment) => segment !== '');
  return `/${segments.join('/')}`;
}
