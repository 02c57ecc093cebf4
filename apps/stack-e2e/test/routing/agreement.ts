import type { Routed, RoutedApp } from './routed-app.js';

/** The gate's application and Express alone, over the same controllers. */
export interface RoutedPair {
  readonly gated: RoutedApp;
  readonly express: RoutedApp;
}

/** A request that Express alone would give to a handler whose path names less than another that matches too. */
export interface Shadowed {
  readonly method: string;
  readonly target: string;
  readonly handler: string;
}

/** What asking both for one target shows. */
export interface Agreement {
  readonly requests: number;
  readonly disagreements: readonly string[];
  readonly shadowed: readonly Shadowed[];
  /** Method and handler of each that was reached. */
  readonly reached: readonly string[];
}

/**
 * Asks both for one target by every method and judges by what came back alone: who answered, 404 exactly where Express has no
 * handler for any method, and `Allow` with exactly the methods that reach a handler.
 */
export async function compareRouting(
  { gated, express }: RoutedPair,
  methods: readonly string[],
  target: string,
): Promise<Agreement> {
  const answers = await Promise.all(
    methods.map(async (method) => ({
      method,
      ours: await gated.route(method, target),
      theirs: await express.route(method, target),
    })),
  );
  const reaching = answers.filter(({ ours }) => ours.handler !== undefined).map(({ method }) => method);
  const shadowed = answers.flatMap(({ method, ours, theirs }) =>
    ours.status === 405 && theirs.handler !== undefined ? [{ method, target, handler: theirs.handler }] : [],
  );
  const known = reaching.length > 0;
  const allow = [...reaching, 'OPTIONS'].sort().join(', ');
  const disagreements = answers.flatMap(({ method, ours, theirs }) => {
    const expected = expectedOf(method, theirs, known ? allow : undefined);
    const agrees = tell(ours) === expected;
    return agrees ? [] : [`${method} ${target.slice(0, 200)}: ${tell(ours)}, expected ${expected}`];
  });
  return {
    requests: answers.length,
    disagreements,
    shadowed,
    reached: answers.flatMap(({ method, ours }) =>
      ours.handler === undefined ? [] : [`${method} ${ours.handler}`],
    ),
  };
}

/** What the gate has to make of what Express does alone; `allow` is undefined where no method reaches a handler. */
function expectedOf(method: string, theirs: Routed, allow: string | undefined): string {
  if (theirs.status === 400 || theirs.status === 414) return tell(theirs);
  if (allow === undefined) return theirs.handler === undefined ? '404' : `200 ${theirs.handler}`;
  if (method === 'OPTIONS') return `204 ${allow}`;
  const methods = allow.split(', ');
  return methods.includes(method) ? `200 ${theirs.handler ?? 'by nobody'}` : `405 ${allow}`;
}

function tell({ status, handler, allow }: Routed): string {
  return [String(status), handler ?? allow].filter((part) => part !== undefined).join(' ');
}
