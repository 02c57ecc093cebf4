// Stops what jest-global-setup.mjs has started.
export default async function teardown() {
  const stop = globalThis.stopTouchstoneTestServers;
  globalThis.stopTouchstoneTestServers = undefined;
  await stop?.();
}
