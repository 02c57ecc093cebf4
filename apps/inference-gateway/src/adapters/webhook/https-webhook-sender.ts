import { AppError } from '@touchstone/contracts';
import { lookup, Resolver } from 'node:dns/promises';
import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import type { CallbackResult, WebhookSender } from '../../domain/job/deliver-callbacks.js';
import { isPublicAddress } from './public-address.js';

/** Milliseconds that an attempt may take, from the look-up of the name to the status. */
export const WEBHOOK_TIMEOUT_MS = 15_000;

/** Most bytes of the head of an answer; its body is not read at all. */
export const WEBHOOK_HEAD_BYTES_MAX = 8_192;

/** Milliseconds that a name server may take, and how often it is asked. */
const DNS_TIMEOUT_MS = 3_000;
const DNS_TRIES = 2;

/** How webhooks are sent. */
export interface HttpsWebhookSenderParts {
  /** For development: http as well, and any address. */
  readonly allowInsecure: boolean;
  readonly timeoutMs?: number;
  /** Addresses of a host name. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
  /** Whether an address may be called. */
  readonly admits?: (address: string) => boolean;
  /** Certificates that are trusted in place of those of the system. */
  readonly ca?: string;
}

/**
 * Posts to addresses that strangers named. The name is resolved once, all of its addresses are judged, and the connection
 * goes to the one that was judged: a name that points elsewhere a moment later (rebinding) is not asked again.
 */
export class HttpsWebhookSender implements WebhookSender {
  constructor(private readonly parts: HttpsWebhookSenderParts) {}

  /**
   * Refuses what can be seen to be wrong without a look at the name.
   *
   * @returns the URL in the spelling of the URL standard
   * @throws AppError `validation-failed`
   */
  check(text: string): string {
    const reason = this.judge(text);
    if (reason === undefined) return new URL(text).href;
    throw new AppError('validation-failed', `The callback cannot be called: ${reason}.`, {
      details: [{ pointer: '/callback/url', detail: reason }],
    });
  }

  async post(text: string, headers: Readonly<Record<string, string>>, body: string): Promise<CallbackResult> {
    const reason = this.judge(text);
    if (reason !== undefined) return { outcome: 'refused', failure: reason };
    const signal = AbortSignal.timeout(this.parts.timeoutMs ?? WEBHOOK_TIMEOUT_MS);
    try {
      const url = new URL(text);
      const address = await aborting(this.addressOf(hostOf(url)), signal);
      if (address === undefined)
        return { outcome: 'refused', failure: 'its name points to an address that is not public' };
      return resultOf(await this.send(url, address, headers, body, signal));
    } catch (error) {
      const isLate = signal.aborted;
      const code = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
      return { outcome: 'failed', failure: isLate ? 'no answer in time' : `no answer: ${code}` };
    }
  }

  private judge(text: string): string | undefined {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined) return 'it is no URL';
    if (url.username !== '' || url.password !== '' || url.hash !== '') return 'it has a user or a fragment';
    if (url.protocol !== 'https:' && !(this.parts.allowInsecure && url.protocol === 'http:'))
      return 'expected https';
    const host = hostOf(url);
    return isIP(host) !== 0 && !this.admits(host) ? 'its address is not public' : undefined;
  }

  /** The address that is called; undefined when one of them may not be. */
  private async addressOf(host: string): Promise<string | undefined> {
    if (isIP(host) !== 0) return host;
    const { resolve = this.parts.allowInsecure ? localNames : publicNames } = this.parts;
    const addresses = await resolve(host);
    return addresses.every((address) => this.admits(address)) ? addresses[0] : undefined;
  }

  private admits(address: string): boolean {
    return this.parts.allowInsecure || (this.parts.admits ?? isPublicAddress)(address);
  }

  private send(
    url: URL,
    address: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    signal: AbortSignal,
  ): Promise<number> {
    const isSecure = url.protocol === 'https:';
    const name = hostOf(url);
    const options: RequestOptions & { servername?: string; ca?: string } = {
      method: 'POST',
      host: address,
      port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
      path: `${url.pathname}${url.search}`,
      // No connection of before, which another name could have opened.
      agent: false,
      maxHeaderSize: WEBHOOK_HEAD_BYTES_MAX,
      signal,
      headers: {
        ...headers,
        host: url.host,
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        'user-agent': 'touchstone-webhooks/1',
      },
      // The certificate is of the name, not of the address.
      ...(isSecure && isIP(name) === 0 ? { servername: name } : {}),
      ...(this.parts.ca === undefined ? {} : { ca: this.parts.ca }),
    };
    return new Promise((resolve, reject) => {
      const answered = (response: IncomingMessage): void => {
        resolve(response.statusCode ?? 0);
        response.destroy();
      };
      const call = isSecure ? requestHttps(options, answered) : requestHttp(options, answered);
      call.on('error', reject);
      call.end(body);
    });
  }
}

/** Any 2xx is a delivery; 410 says that its owner wants no more (Standard Webhooks). A redirect is a failure. */
function resultOf(status: number): CallbackResult {
  if (status >= 200 && status < 300) return { outcome: 'delivered' };
  return { outcome: status === 410 ? 'gone' : 'failed', failure: `answered ${status}` };
}

/** The host of a URL as a connection takes it: an IPv6 address without its brackets. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/**
 * By the name servers alone: names of this machine are nobody's webhook, and slow names of strangers must not hold the
 * threads that `lookup` would wait in.
 */
async function publicNames(name: string): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES });
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const found = [v4, v6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (found.length === 0 && v4.status === 'rejected') throw v4.reason;
  return found;
}

async function localNames(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

/** The look-up of a name cannot be called off; nobody waits for it any more. */
function aborting<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return Promise.race([
    work,
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
    }),
  ]);
}
