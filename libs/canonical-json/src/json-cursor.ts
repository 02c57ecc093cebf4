import { jsonPointer } from './json-pointer.js';
import type { StrictJsonError, StrictJsonReason } from './strict-json-error.js';

/** Carries a refusal out of the recursion; it is not an Error, because a stack trace per bad request is waste. */
export class StrictJsonRefusal {
  constructor(readonly error: StrictJsonError) {}
}

/** A place in a JSON text, and the path of the value that is being read there. */
export class JsonCursor {
  position = 0;
  readonly path: (string | number)[] = [];

  constructor(readonly text: string) {}

  /** Skips white space and returns the code unit after it, NaN at the end of the text. */
  nextToken(): number {
    const { text } = this;
    let code = text.charCodeAt(this.position);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      this.position += 1;
      code = text.charCodeAt(this.position);
    }
    return code;
  }

  unexpected(expected: string): StrictJsonRefusal {
    const found = this.position < this.text.length ? 'another character' : 'the end of the text';
    return this.refusal('syntax', `Expected ${expected} but found ${found}`);
  }

  refusal(reason: StrictJsonReason, what: string): StrictJsonRefusal {
    const message = `${what} (at offset ${this.position}).`;
    return new StrictJsonRefusal({ reason, pointer: jsonPointer(this.path), message });
  }
}
