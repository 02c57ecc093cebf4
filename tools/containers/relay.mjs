import { connect, createServer } from 'node:net';

/** Passes connections to one address on to another. Both are `{ host, port }`. @returns the server, to be closed */
export function relay(from, to) {
  const server = createServer((incoming) => {
    const outgoing = connect(to);
    incoming.pipe(outgoing).pipe(incoming);
    incoming.on('error', () => outgoing.destroy());
    outgoing.on('error', () => incoming.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(from, () => resolve(server));
  });
}
