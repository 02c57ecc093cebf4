import { AppError } from '@touchstone/contracts';
import { BearerTokens } from '@touchstone/platform/http';

/** Who may post heartbeats: nobody, anybody by the word `off`, or whoever has the token of the node. */
export class HeartbeatSenders {
  private readonly tokens: BearerTokens | undefined;

  /** @param setting the tokens by node id, `off`, or nothing */
  constructor(private readonly setting: Readonly<Record<string, string>> | 'off' | undefined) {
    this.tokens = typeof setting === 'object' ? BearerTokens.of(setting) : undefined;
  }

  /**
   * The node behind a request, asked before its body is read; `undefined` where anybody may post for any node.
   *
   * @throws AppError `unauthenticated`, `forbidden` where no heartbeat is taken over HTTP and gRPC
   */
  identify(authorization: string | undefined): string | undefined {
    if (this.setting === 'off') return undefined;
    if (!this.tokens)
      throw new AppError(
        'forbidden',
        'This hub takes no heartbeats over HTTP and gRPC; the operator may set TOUCHSTONE_HEARTBEAT_TOKENS.',
      );
    return this.tokens.identify(authorization);
  }

  /** @throws AppError `forbidden` for a heartbeat of another node than the sender is */
  requireOwn(sender: string | undefined, node: string): void {
    if (sender !== undefined && sender !== node)
      throw new AppError('forbidden', `The token is that of ${sender}, and the heartbeat of ${node}.`);
  }
}
