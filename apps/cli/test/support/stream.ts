import type { StreamName } from '@touchstone/contracts';
import type { RunningStack } from '@touchstone/embedded';
import { connectMesh } from '@touchstone/nats';

const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** All bodies that a stream of a running stack holds, read as its operator. */
export async function readStreamMessages<T>(stack: RunningStack, stream: StreamName): Promise<T[]> {
  const mesh = await connectMesh({
    url: stack.description.nats.url,
    service: 'operator',
    logger,
    ...stack.natsLogin('operator'),
  });
  const bodies: T[] = [];
  try {
    for (let seq = 1; ; seq += 1) {
      const answer = await mesh.nc.request(`$JS.API.STREAM.MSG.GET.${stream}`, JSON.stringify({ seq }));
      const { message } = answer.json<{ message?: { data: string } }>();
      if (message === undefined) return bodies;
      bodies.push(JSON.parse(Buffer.from(message.data, 'base64').toString('utf8')) as T);
    }
  } finally {
    await mesh.close();
  }
}
