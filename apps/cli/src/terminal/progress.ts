const DRAW_EVERY_MS = 100;
const BAR_CHARACTERS = 24;

/** Shows on standard error how far a command has come, where that is a terminal and no log. */
export class Progress {
  private drawnAt = 0;

  /** @param total what `done` counts towards; undefined where nobody knows */
  constructor(
    private readonly label: string,
    private readonly total: number | undefined,
    private readonly stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> = process.stderr,
    /** What `counted` counts. */
    private readonly unit = 'events',
  ) {}

  update(done: number, counted: number): void {
    const now = Date.now();
    if (!this.stream.isTTY || now - this.drawnAt < DRAW_EVERY_MS) return;
    this.drawnAt = now;
    this.stream.write(
      `\r\u001b[K${this.label} ${this.bar(done)}${counted.toLocaleString('en-US')} ${this.unit}`,
    );
  }

  end(): void {
    if (this.stream.isTTY) this.stream.write('\r\u001b[K');
  }

  private bar(done: number): string {
    if (this.total === undefined || this.total === 0) return '';
    const share = Math.min(1, done / this.total);
    const filled = Math.round(share * BAR_CHARACTERS);
    return `[${'#'.repeat(filled)}${' '.repeat(BAR_CHARACTERS - filled)}] ${Math.floor(share * 100)} %  `;
  }
}
