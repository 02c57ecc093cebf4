import { BatchError } from './batch-error.js';
import { BATCH_HEAD_CHARACTERS_MAX, EVENT_BYTES_MAX } from './limits.js';
import { Utf8Pieces } from './utf8-pieces.js';
import { isJsonSpace, valueEnd } from './value-end.js';

const COMMA = 0x2c;

/** `events`: a JSON array of events, or one event a line (NDJSON). `batch`: a batch file, an object with the array in it. */
export type EventFileShape = 'events' | 'batch';

/**
 * Finds the texts of the events in a file that comes in pieces, so that a file may be larger than memory. It knows where
 * an event ends; what is in it the strict reader judges.
 */
export class EventFileReader {
  private readonly pieces = new Utf8Pieces();
  private readonly names = new Set<string>();
  private head = '';
  private buffer = '';
  private position = 0;
  private name = '';
  private oneALine = true;
  private step: () => boolean = this.start;

  /** @param take is called with the text of each event, in their order; what it throws goes to the caller of `push`;
   *   a text that is not one JSON object has to be refused before anything is done with it */
  constructor(
    private readonly shape: EventFileShape,
    private readonly take: (text: string) => void,
  ) {}

  /**
   * Reads a piece of the file.
   *
   * @throws BatchError `not-utf8`, `not-json`, `document-shape` or `too-large`
   */
  push(piece: Uint8Array): void {
    this.buffer = this.buffer.slice(this.position) + this.pieces.decode(piece);
    this.position = 0;
    while (this.step());
    if (this.buffer.length - this.position > EVENT_BYTES_MAX)
      throw new BatchError('too-large', `An event has at most ${EVENT_BYTES_MAX} bytes.`);
  }

  /**
   * Reads the end of the file.
   *
   * @returns the text of a batch file without its events, an object; `{}` for plain events
   * @throws BatchError `cut-off` when the file is not whole, `no-events` when it is empty
   */
  end(): string {
    this.pieces.end();
    if (this.step === this.start) throw new BatchError('no-events', 'The file is empty.');
    if (this.step === this.line) {
      this.takeLine(this.buffer.slice(this.position));
    } else if (this.step !== this.nothing) {
      throw new BatchError('cut-off');
    }
    if (this.shape === 'batch' && !this.names.has('events'))
      throw new BatchError('document-shape', 'expected the member events');
    return `{${this.head}}`;
  }

  private start(): boolean {
    const first = this.next();
    if (first === '') return false;
    if (this.shape === 'events' && first === '{') {
      this.step = this.line;
      return true;
    }
    if (first !== (this.shape === 'batch' ? '{' : '['))
      throw new BatchError('not-json', this.shape === 'batch' ? 'expected an object' : 'expected [ or {');
    return this.goOn(this.shape === 'batch' ? this.firstName : this.firstEvent);
  }

  private line(): boolean {
    const end = this.buffer.indexOf('\n', this.position);
    if (end < 0) return false;
    this.takeLine(this.buffer.slice(this.position, end));
    this.position = end + 1;
    return true;
  }

  /** Blank lines are no events. */
  private takeLine(line: string): void {
    if (line.startsWith('{') || line.trim() !== '') this.take(line);
  }

  private firstName(): boolean {
    const next = this.next();
    return next === '}' ? this.goOn(this.nothing) : this.memberName(next);
  }

  private memberName(next = this.next()): boolean {
    if (next === '') return false;
    const end = valueEnd(this.buffer, this.position);
    if (end < 0) return false;
    this.name = memberName(this.buffer.slice(this.position, end));
    if (this.names.has(this.name)) throw new BatchError('document-shape', 'a member name occurs twice');
    this.names.add(this.name);
    this.position = end;
    this.step = this.colon;
    return true;
  }

  private colon(): boolean {
    return this.separator({ ':': this.name === 'events' ? this.events : this.value });
  }

  private value(): boolean {
    if (this.next() === '') return false;
    const end = valueEnd(this.buffer, this.position);
    if (end < 0) return false;
    const member = `${JSON.stringify(this.name)}:${this.buffer.slice(this.position, end)}`;
    this.head += this.head === '' ? member : `,${member}`;
    if (this.head.length > BATCH_HEAD_CHARACTERS_MAX)
      throw new BatchError(
        'too-large',
        `expected at most ${BATCH_HEAD_CHARACTERS_MAX} characters beside the events`,
      );
    this.position = end;
    this.step = this.afterMember;
    return true;
  }

  private afterMember(): boolean {
    return this.separator({ ',': this.memberName, '}': this.nothing });
  }

  private events(): boolean {
    return this.separator({ '[': this.firstEvent });
  }

  private firstEvent(): boolean {
    return this.next() === ']' ? this.goOn(this.afterEvents()) : this.event();
  }

  private event(): boolean {
    if (this.next() === '') return false;
    return (this.oneALine && this.eventOfLine()) || this.eventOfAnyForm();
  }

  /**
   * Takes what stands up to the comma at the end of the line, as our own files have it: finding the end of a line is nothing
   * beside counting brackets. Whether it is the whole event shows when it is read; if not, nothing was taken.
   */
  private eventOfLine(): boolean {
    const { buffer, position } = this;
    const end = buffer.indexOf('\n', position) - 1;
    if (end <= position || buffer.charCodeAt(end) !== COMMA) return false;
    try {
      this.takeEvent(end);
    } catch (error) {
      if (valueEnd(buffer, position) === end) throw error;
      this.position = position;
      this.step = this.event;
      return false;
    }
    return true;
  }

  private eventOfAnyForm(): boolean {
    const end = valueEnd(this.buffer, this.position);
    if (end < 0) return false;
    // Otherwise a file without lines would be searched for one at every event.
    if (end + ',\n'.length <= this.buffer.length) this.oneALine = false;
    this.takeEvent(end);
    return true;
  }

  private takeEvent(end: number): void {
    const text = this.buffer.slice(this.position, end);
    this.position = end;
    this.step = this.afterEvent;
    this.take(text);
  }

  private afterEvent(): boolean {
    return this.separator({ ',': this.event, ']': this.afterEvents() });
  }

  private afterEvents(): () => boolean {
    return this.shape === 'batch' ? this.afterMember : this.nothing;
  }

  private nothing(): boolean {
    if (this.next() !== '') throw new BatchError('not-json', 'Something stands behind the end.');
    return false;
  }

  /** Goes on at one of the characters that may stand here. */
  private separator(steps: Readonly<Record<string, () => boolean>>): boolean {
    const next = this.next();
    if (next === '') return false;
    const step = steps[next];
    if (step === undefined) throw new BatchError('not-json', `expected ${Object.keys(steps).join(' or ')}`);
    return this.goOn(step);
  }

  private goOn(step: () => boolean): boolean {
    this.position += 1;
    this.step = step;
    return true;
  }

  /** The next character that is not white space; empty at the end of what has come. */
  private next(): string {
    const { buffer } = this;
    while (isJsonSpace(buffer.charCodeAt(this.position))) this.position += 1;
    return buffer.charAt(this.position);
  }
}

function memberName(text: string): string {
  try {
    const name: unknown = JSON.parse(text);
    if (typeof name === 'string') return name;
  } catch {
    // It is worded below.
  }
  throw new BatchError('not-json', 'expected a member name in double quotes');
}
