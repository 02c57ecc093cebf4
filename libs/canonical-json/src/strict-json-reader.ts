import { JsonCursor } from './json-cursor.js';
import type { JsonObject, JsonValue } from './json-value.js';
import type { StrictJsonNumbers } from './parse-strict-json.js';
import { readNumber } from './read-number.js';
import { readString } from './read-string.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const LOWER_F = 0x66;
const LOWER_N = 0x6e;
const LOWER_T = 0x74;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Reads one JSON text (RFC 8259) under the rules of I-JSON (RFC 7493) in a single pass.
 *
 * One reader of our own, rather than `JSON.parse` and checks around it, because `JSON.parse` forgets what has to
 * be refused: of two equal keys it keeps the last, and `9007199254740993` is already rounded when one sees it.
 */
export class StrictJsonReader {
  private readonly cursor: JsonCursor;

  constructor(
    text: string,
    private readonly maxDepth: number,
    private readonly numbers: StrictJsonNumbers = 'evidence',
  ) {
    this.cursor = new JsonCursor(text);
  }

  /**
   * Reads the whole text as one value.
   *
   * @throws StrictJsonRefusal at the first rule that the text breaks
   */
  readDocument(): JsonValue {
    const value = this.readValue(0);
    this.cursor.nextToken();
    if (this.cursor.position < this.cursor.text.length) throw this.cursor.unexpected('the end of the text');
    return value;
  }

  private readValue(depth: number): JsonValue {
    const code = this.cursor.nextToken();
    switch (code) {
      case QUOTE:
        return readString(this.cursor);
      case OPEN_BRACE:
        return this.readObject(depth + 1);
      case OPEN_BRACKET:
        return this.readArray(depth + 1);
      case LOWER_T:
        return this.readWord('true', true);
      case LOWER_F:
        return this.readWord('false', false);
      case LOWER_N:
        return this.readWord('null', null);
      default:
        return readNumber(this.cursor, this.numbers);
    }
  }

  private readObject(depth: number): JsonObject {
    const { cursor } = this;
    this.enter(depth);
    const object: JsonObject = {};
    if (cursor.nextToken() === CLOSE_BRACE) {
      cursor.position += 1;
      return object;
    }
    for (;;) {
      if (cursor.nextToken() !== QUOTE) throw cursor.unexpected('a member name in double quotes');
      const key = readString(cursor);
      cursor.path.push(key);
      if (Object.hasOwn(object, key)) throw cursor.refusal('duplicate-key', 'A member name occurs twice');
      if (cursor.nextToken() !== COLON) throw cursor.unexpected('":"');
      cursor.position += 1;
      setMember(object, key, this.readValue(depth));
      cursor.path.pop();
      const code = cursor.nextToken();
      if (code !== COMMA && code !== CLOSE_BRACE) throw cursor.unexpected('"," or "}"');
      cursor.position += 1;
      if (code === CLOSE_BRACE) return object;
    }
  }

  private readArray(depth: number): JsonValue[] {
    const { cursor } = this;
    this.enter(depth);
    const array: JsonValue[] = [];
    if (cursor.nextToken() === CLOSE_BRACKET) {
      cursor.position += 1;
      return array;
    }
    const last = cursor.path.length;
    for (;;) {
      cursor.path[last] = array.length;
      array.push(this.readValue(depth));
      const code = cursor.nextToken();
      if (code !== COMMA && code !== CLOSE_BRACKET) throw cursor.unexpected('"," or "]"');
      cursor.position += 1;
      if (code === CLOSE_BRACKET) break;
    }
    cursor.path.pop();
    return array;
  }

  private enter(depth: number): void {
    if (depth > this.maxDepth) {
      throw this.cursor.refusal(
        'too-deep',
        `Arrays and objects are nested deeper than ${this.maxDepth} levels`,
      );
    }
    this.cursor.position += 1;
  }

  private readWord<T extends boolean | null>(word: string, value: T): T {
    if (!this.cursor.text.startsWith(word, this.cursor.position)) throw this.cursor.unexpected('a value');
    this.cursor.position += word.length;
    return value;
  }
}

function setMember(object: JsonObject, key: string, value: JsonValue): void {
  if (key === '__proto__') {
    // An assignment would set the prototype: `{"__proto__":{"admin":true}}` must stay data.
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[key] = value;
  }
}
