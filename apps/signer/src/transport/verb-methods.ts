import { verbNames, type SignerVerb } from '../domain/verbs.js';

type Method = (this: never, ...parameters: never[]) => Promise<unknown>;

/** What a decorator of a method is called with. */
type Decorated = readonly [prototype: object, name: string, method: PropertyDescriptor];

/** Gives a controller a method for every verb, `signOutput` for `sign-output`, and lets a transport decorate each. */
export function addVerbMethods(
  controller: { readonly prototype: object },
  methodOf: (verb: SignerVerb) => Method,
  decorate: (verb: SignerVerb, ...decorated: Decorated) => void,
): void {
  for (const verb of verbNames) {
    const name = verb.replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase());
    const method = { value: methodOf(verb), writable: true, configurable: true };
    // Traces and logs name the handler.
    Object.defineProperty(method.value, 'name', { value: name });
    Object.defineProperty(controller.prototype, name, method);
    decorate(verb, controller.prototype, name, method);
  }
}
