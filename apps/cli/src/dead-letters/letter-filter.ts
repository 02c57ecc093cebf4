/** Which dead letters are meant. */
export interface LetterFilter {
  readonly subject?: string;
  readonly service?: string;
  readonly durable?: string;
}
