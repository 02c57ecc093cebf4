import { Progress } from './progress.js';

/** A file of a form that shows on a terminal how much of it was sent. */
export class ShownFile extends File {
  /** @param name of the file in the form, and of nothing else */
  constructor(
    file: Blob,
    name: string,
    private readonly progress = new Progress('sending', file.size, process.stderr, 'bytes'),
  ) {
    super([file], name);
  }

  /** Read by fetch when the part of the file is sent. */
  override stream(): ReturnType<File['stream']> {
    let sent = 0;
    const counting = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        sent += chunk.byteLength;
        this.progress.update(sent, sent);
        controller.enqueue(chunk);
      },
      flush: () => this.progress.end(),
    });
    return (super.stream() as unknown as ReadableStream<Uint8Array>).pipeThrough(
      counting,
    ) as unknown as ReturnType<File['stream']>;
  }
}
