import { Observable } from 'rxjs';

/** The messages of a watch. A caller who leaves, or whose deadline passes, unsubscribes, which ends it. */
export function watchStream<T>(
  watch: (signal: AbortSignal) => AsyncIterable<T>,
  messageOf: (found: T) => object,
): Observable<object> {
  return new Observable((subscriber) => {
    const left = new AbortController();
    const tell = async (): Promise<void> => {
      for await (const found of watch(left.signal)) subscriber.next(messageOf(found));
    };
    tell().then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
    return () => left.abort();
  });
}
