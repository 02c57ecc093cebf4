import type { ServerResponse } from 'node:http';
import type { HttpRequest } from './request.js';

/** Answers a request; what it throws is a mistake of the exception filters, which have seen its errors. */
export type RouteHandler = (request: HttpRequest, response: ServerResponse) => unknown;

/** A route as a controller declares it. */
export interface RouteDeclaration {
  readonly method: string;
  /** Text and `:name` between slashes, with a slash in front. */
  readonly path: string;
  readonly handler: RouteHandler;
  /** The media types of its good answers. */
  readonly mediaTypes: readonly string[];
  /** True for a route that pages of other origins may use, where the operator lists origins. */
  readonly public?: boolean | undefined;
}

const noParameters: Readonly<Record<string, string>> = Object.freeze({});

/** One method of a path. */
export class ServedRoute {
  readonly path: string;
  readonly handler: RouteHandler;
  readonly mediaTypes: readonly string[];
  /** What an `Accept` may ask for: the media types, and JSON where one is made of it. */
  readonly acceptable: readonly string[];
  private readonly parameters: readonly { readonly name: string; readonly segment: number }[];

  constructor({ path, handler, mediaTypes }: RouteDeclaration) {
    this.path = path;
    this.handler = handler;
    this.mediaTypes = mediaTypes;
    // Every +json is JSON as well (RFC 6839, section 3.1).
    const isJson = mediaTypes.some((type) => /\+json(?:;|$)/.test(type));
    this.acceptable = isJson ? [...mediaTypes, 'application/json'] : mediaTypes;
    this.parameters = path
      .split('/')
      .flatMap((text, segment) => (text.startsWith(':') ? [{ name: text.slice(1), segment }] : []));
  }

  /** The decoded parameters of a path that this route was found by, whose percent-encoding is whole. */
  parametersOf(path: string): Readonly<Record<string, string>> {
    if (this.parameters.length === 0) return noParameters;
    const segments = path.split('/');
    const values: Record<string, string> = {};
    for (const { name, segment } of this.parameters)
      values[name] = decodeURIComponent(segments[segment] as string);
    return values;
  }
}

/** What a path answers, method by method. */
export class PathEntry {
  /** The methods that the path answers, sorted, as `Allow` names them; HEAD stands with GET, OPTIONS always. */
  allow = '';
  /** Those of them that pages of other origins may use, sorted; HEAD stands with GET. */
  publicMethods: readonly string[] = [];
  private readonly routes = new Map<string, ServedRoute>();

  add(declaration: RouteDeclaration): void {
    const { method, path } = declaration;
    if (this.routes.has(method)) throw new Error(`Two handlers answer ${method} ${path}.`);
    const route = new ServedRoute(declaration);
    const methods = method === 'GET' ? ['GET', 'HEAD'] : [method];
    for (const name of methods) this.routes.set(name, route);
    this.allow = [...this.routes.keys(), 'OPTIONS'].sort().join(', ');
    if (declaration.public === true) this.publicMethods = [...this.publicMethods, ...methods].sort();
  }

  /** The route that answers a method; HEAD is answered by that of GET. */
  find(method: string): ServedRoute | undefined {
    return this.routes.get(method);
  }
}

/**
 * Finds what a path answers. Text in a pattern counts in either case, a slash may stand behind, and a parameter takes one segment
 * that is not empty. A path is compared as it was sent: `%2F` is no slash and `%61` no `a`. Where several patterns match, the one
 * counts that spells out more: `/nodes/heartbeat` is not a node with that name, whatever methods it has.
 */
export class RouteTable {
  private readonly root = new Branch();

  /** @throws Error when the path is none that this table can find, or has a handler for the method already */
  add(declaration: RouteDeclaration): void {
    const segments = declaration.path.split('/').slice(1);
    let branch = this.root;
    for (const segment of declaration.path === '/' ? [] : segments) branch = branch.below(segment);
    (branch.entry ??= new PathEntry()).add(declaration);
  }

  /** The entry of the most exact pattern that matches a path without its query; undefined when none does. */
  find(path: string): PathEntry | undefined {
    return this.root.find(path, 0, path.endsWith('/') ? path.length - 1 : path.length);
  }
}

/** What a segment of a pattern may be. */
const SEGMENT = /^(?::[A-Za-z_][A-Za-z0-9_]*|[A-Za-z0-9._~-]+)$/;

/** The patterns that begin with the same segments. */
class Branch {
  entry: PathEntry | undefined;
  private readonly named = new Map<string, Branch>();
  private parameter: Branch | undefined;

  below(segment: string): Branch {
    if (!SEGMENT.test(segment)) throw new Error(`The router has neither text nor a parameter in ${segment}.`);
    if (segment.startsWith(':')) return (this.parameter ??= new Branch());
    const text = segment.toLowerCase();
    const known = this.named.get(text) ?? new Branch();
    this.named.set(text, known);
    return known;
  }

  /** @param start where the slash before the next segment stands */
  find(path: string, start: number, end: number): PathEntry | undefined {
    if (start >= end) return this.entry;
    const slash = path.indexOf('/', start + 1);
    const stop = slash < 0 ? end : slash;
    const segment = path.slice(start + 1, stop);
    if (segment === '') return undefined;
    const named = this.named.get(segment) ?? this.named.get(segment.toLowerCase());
    return named?.find(path, stop, end) ?? this.parameter?.find(path, stop, end);
  }
}
