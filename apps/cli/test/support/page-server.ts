import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';

/** A web server on loopback with one page and its script; every one is an origin of its own. */
export interface PageServer {
  readonly origin: string;
  /** What the page runs from now on. */
  serve(script: string): void;
  stop(): Promise<void>;
}

/** Starts a server that gives an empty page. */
export async function startPageServer(): Promise<PageServer> {
  let script = '';
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response
      .writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html; charset=utf-8' })
      .end(isScript ? script : '<!doctype html><title>shop</title><script src="/page.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: (text) => {
      script = text;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * Bundles a module for the browser, unmodified packages of the checkout included.
 *
 * @param name what its exports are called in the page
 */
export async function bundleForPages(source: string, name: string, folder: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: folder, sourcefile: 'page.js' },
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: name,
    target: 'es2022',
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}
