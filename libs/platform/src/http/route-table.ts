import type { Route } from './routes.js';

/** What a route table says of a path. */
export interface PathEntry {
  /** The methods that the path answers, sorted; HEAD stands with GET, OPTIONS always. */
  readonly methods: readonly string[];
  /** Those of them that pages of other origins may use, sorted; HEAD stands with GET. */
  readonly publicMethods: readonly string[];
  /** The media types that one of its methods answers with when all goes well. */
  mediaTypesOf(method: string): readonly string[];
}

/** A route with the media types of its good answers. */
export interface ListedRoute extends Pick<Route, 'method' | 'path'> {
  readonly mediaTypes: readonly string[];
  /** True for a route that pages of other origins may use, where the operator lists origins. */
  readonly public?: boolean | undefined;
}

/**
 * Finds what a path answers. Where several patterns match, the one counts that spells out more: `/nodes/heartbeat`
 * is not a node with that name, whatever methods it has.
 */
export class RouteTable {
  private readonly patterns: readonly Pattern[];

  constructor(routes: readonly ListedRoute[]) {
    const byPath = new Map<string, ListedRoute[]>();
    for (const route of routes) {
      const path = route.path.toLowerCase();
      byPath.set(path, [...(byPath.get(path) ?? []), route]);
    }
    this.patterns = [...byPath]
      .map(([path, group]) => new Pattern(path, group))
      .sort((left, right) => compare(left.rank, right.rank));
  }

  /** The entry of the most exact pattern that matches; undefined when none does. */
  find(path: string): PathEntry | undefined {
    return this.patterns.find((pattern) => pattern.matches(path));
  }
}

class Pattern implements PathEntry {
  /** One character a segment: text before parameter before wildcard. */
  readonly rank: string;
  readonly methods: readonly string[];
  readonly publicMethods: readonly string[];
  private readonly expression: RegExp;

  constructor(
    path: string,
    private readonly routes: readonly ListedRoute[],
  ) {
    const segments = path.split('/');
    this.rank = segments
      .map((segment) => (isWildcard(segment) ? '2' : segment.includes(':') ? '1' : '0'))
      .join('');
    this.expression = new RegExp(`^${segments.map(expressionOf).join('/')}/?$`, 'i');
    this.methods = [...methodsOf(routes), 'OPTIONS'].sort();
    this.publicMethods = methodsOf(routes.filter((route) => route.public === true));
  }

  matches(path: string): boolean {
    return this.expression.test(path);
  }

  mediaTypesOf(method: string): readonly string[] {
    const wanted = method === 'HEAD' ? 'GET' : method;
    return this.routes.filter((route) => route.method === wanted).flatMap(({ mediaTypes }) => mediaTypes);
  }
}

function methodsOf(routes: readonly ListedRoute[]): string[] {
  const methods = new Set(routes.map(({ method }) => method));
  if (methods.has('GET')) methods.add('HEAD');
  methods.delete('OPTIONS');
  return [...methods].sort();
}

function isWildcard(segment: string): boolean {
  return segment.startsWith('*') || segment.startsWith('{*');
}

function expressionOf(segment: string): string {
  if (isWildcard(segment)) return '.+';
  return segment
    .split(/(:[a-z_][a-z0-9_]*)/)
    .map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('');
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
