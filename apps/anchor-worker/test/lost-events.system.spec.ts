import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { provision } from '@touchstone/nats';
import { waitUntil } from '@touchstone/testing';
import { RelayFixture } from './support/relay-fixture.js';

const ENTRY = 'evt.v1.anchor.entry.appended';
const TIMEOUT_MS = 20_000;

describe('a NATS server that lost what it acknowledged (D6)', () => {
  let fixture: RelayFixture;
  beforeEach(async () => {
    fixture = await RelayFixture.create();
  });
  afterEach(() => fixture.close());

  const entries = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => ({ logIndex: String(from + index), entry: 'e' }));
  const publish = async (from: number, count: number): Promise<string[]> => {
    const ids = await fixture.append(ENTRY, entries(from, count));
    await waitUntil(async () => (await fixture.pending()) === 0, TIMEOUT_MS);
    return ids;
  };
  const handledIds = (): Set<string> => new Set(fixture.handled.map(({ msgId }) => msgId));
  const everyHandled = (ids: readonly string[]): Promise<unknown> =>
    waitUntil(() => ids.every((id) => handledIds().has(id)), TIMEOUT_MS, 'every event');

  /** Ten events are in the copy, three hundred were acknowledged after it. */
  async function publishAroundTheCopy(): Promise<string[]> {
    const before = await publish(0, 10);
    await fixture.nats.stop();
    fixture.nats.backUp();
    await fixture.nats.start();
    return [...before, ...(await publish(10, 300))];
  }

  async function loseWhatCameAfterTheCopy(): Promise<void> {
    await fixture.nats.stop();
    fixture.nats.restore();
    await fixture.nats.start();
  }

  it('gets it again, under the same ids, without an operator, from a relay that runs', async () => {
    await fixture.startRelay();
    const ids = await publishAroundTheCopy();
    await loseWhatCameAfterTheCopy();
    await fixture.startConsumer();
    await everyHandled(ids);
    const later = await publish(310, 5);
    await everyHandled(later);
    expect(handledIds().size).toBe(ids.length + later.length);
  }, 90_000);

  it('gets it again from the next process of the service', async () => {
    await fixture.startRelay();
    const ids = await publishAroundTheCopy();
    await fixture.stopRelay();
    await loseWhatCameAfterTheCopy();
    await fixture.startRelay();
    await fixture.startConsumer();
    await everyHandled(ids);
  }, 90_000);

  it('gets it again although new events came first and took the places of lost ones', async () => {
    await fixture.startRelay();
    const ids = await publishAroundTheCopy();
    // The connection goes on: a stream that was made again starts over.
    await fixture.administer('STREAM.DELETE.ANCHOR');
    await provision((await fixture.connect('provisioner')).nc, { maxBytes: 16_777_216 });
    await fixture.startConsumer();
    const later = await publish(310, 3);
    await everyHandled([...ids, ...later]);
  }, 90_000);

  it('gets again what it acknowledged while it stopped and took its consumers away', async () => {
    await fixture.startConsumer();
    await fixture.startRelay();
    const ids: string[] = [];
    let stop = false;
    const writing = (async () => {
      for (let index = 0; !stop; index += 1) ids.push(...(await fixture.append(ENTRY, entries(index, 1))));
    })();
    await waitUntil(() => handledIds().size > 50, TIMEOUT_MS);
    await fixture.nats.stop();
    await fixture.nats.start();
    stop = true;
    await writing;
    await everyHandled(ids);
  }, 90_000);
});
