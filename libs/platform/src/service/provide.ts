import type { Abstract, FactoryProvider } from '@nestjs/common';

declare const provided: unique symbol;

/** What Nest finds a value by that has no class of its own, with the type of that value. */
export type Token<T> = symbol & { readonly [provided]?: T };

/** Makes a token; the name is what Nest's messages show. */
export function token<T>(name: string): Token<T> {
  return Symbol(name) as Token<T>;
}

/** A token or a class, also one that nobody else may construct. */
type Key<T = unknown> = Token<T> | Abstract<T>;

type Found<Needs extends Readonly<Record<string, Key>>> = {
  readonly [Name in keyof Needs]: Needs[Name] extends { readonly prototype: infer T }
    ? T
    : Needs[Name] extends Token<infer T>
      ? T
      : never;
};

/**
 * A provider that is made from what it needs, by name: each type is said once, where it is declared, and nothing depends on an order.
 *
 * @param needs keys of what `make` gets, under the names that it uses
 */
export function provide<T, const Needs extends Readonly<Record<string, Key>>>(
  key: Key<T>,
  needs: Needs,
  make: (found: Found<Needs>) => T | Promise<T>,
): FactoryProvider<T> {
  const names = Object.keys(needs);
  return {
    provide: key,
    inject: names.map((name) => needs[name] as Key),
    useFactory: (...values: unknown[]) =>
      make(Object.fromEntries(names.map((name, at) => [name, values[at]])) as Found<Needs>),
  };
}
