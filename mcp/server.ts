import type { Readable, Writable } from 'node:stream';
import { McpServer } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Receipt, ScalerClient } from '../src/client/scaler-client.ts';
import { addReadTools } from './read-tools.ts';
import { addWriteTools } from './write-tools.ts';

export interface McpOptions {
  readonly client: ScalerClient;
  /** Whether to offer tools that change counts. */
  readonly allowWrites: boolean;
  /** Of the program, for the agent to see. */
  readonly version: string;
  /** The cluster of calls that name none. Default: that of the service; `list` then lists all clusters. */
  readonly cluster?: string | undefined;
  /**
   * Keeps a receipt before its counts are set, so that they can be restored even if the agent never gets the answer.
   * @returns where it lies, for people
   */
  readonly keepReceipt?: ((receipt: Receipt) => Promise<string>) | undefined;
  /** Default: standard input. */
  readonly input?: Readable | undefined;
  /** Default: standard output. */
  readonly output?: Writable | undefined;
  /** Ends the server. Calls under way are cancelled. */
  readonly signal?: AbortSignal | undefined;
}

const ABOUT = `Replica counts of Kubernetes Deployments. Begin with list, and read state before you change anything: it says who
else sets the count, what limits it and whether you may set it.`;
const ABOUT_WRITES = `Plan before you change several. Rails and RBAC refuse what is not allowed, and no parameter passes them. Keep
the receipt that park answers: restore takes it.`;
const ABOUT_NO_WRITES = `This server changes nothing: it was started without --allow-writes.`;

/**
 * Serves the Model Context Protocol over standard input and output, and resolves once the agent has closed them. What an
 * agent can do is what the certificate of `client` may do.
 */
export async function serveMcp(options: McpOptions): Promise<void> {
  const { allowWrites, version, input, output, signal } = options;
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const transport = new EndingTransport(resolve, input, output);
  const handle = serveStdio(
    () => {
      const server = new McpServer(
        { name: 'k8s-deployment-scaler', version },
        { instructions: `${ABOUT} ${allowWrites ? ABOUT_WRITES : ABOUT_NO_WRITES}` },
      );
      addReadTools(server, options);
      if (allowWrites) addWriteTools(server, options);
      return server;
    },
    { transport, onerror: report },
  );
  const stop = () => void handle.close();
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  await closed;
  signal?.removeEventListener('abort', stop);
}

/** Tells of its end, whichever side caused it: the SDK tells only of a connection that began. */
class EndingTransport extends StdioServerTransport {
  readonly #ended: () => void;

  constructor(ended: () => void, input?: Readable, output?: Writable) {
    super(input, output);
    this.#ended = ended;
  }

  override async close(): Promise<void> {
    await super.close();
    this.#ended();
  }
}

/** Standard output belongs to the protocol. */
function report({ message }: Error): void {
  process.stderr.write(`mcp: ${message}\n`);
}
