import type { Readable } from 'node:stream';
import { Client, type ClientOptions } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

/** Only ends a failed test. */
const PATIENT = { timeout: 110_000 };

/** What a tool answers. */
export interface Answer {
  readonly isError: boolean;
  /** The text for agents that read only text. */
  readonly text: string;
  readonly content: Readonly<Record<string, unknown>>;
}

export interface AgentOptions {
  /** What it runs, with the Node of this process. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly mode?: ClientOptions['versionNegotiation'];
}

/** The SDK's own client with a server of its own, as an agent starts it. It checks each answer against its schema. */
export class Agent {
  readonly client: Client;
  readonly #transport: StdioClientTransport;
  #stderr = '';

  private constructor({ args, env, mode }: AgentOptions) {
    this.client = new Client(
      { name: 'test', version: '1' },
      mode === undefined ? {} : { versionNegotiation: mode },
    );
    this.#transport = new StdioClientTransport({
      command: process.execPath,
      args: [...args],
      env: { PATH: process.env.PATH ?? '', ...env },
      stderr: 'pipe',
    });
    const stderr = this.#transport.stderr as Readable | null;
    stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
  }

  static async start(options: AgentOptions): Promise<Agent> {
    const agent = new Agent(options);
    await agent.client.connect(agent.#transport, PATIENT);
    // Afterwards answers are checked against the schemas of the list.
    await agent.client.listTools({}, PATIENT);
    return agent;
  }

  /** What the server has written to stderr. */
  get stderr(): string {
    return this.#stderr;
  }

  async call(name: string, input: Record<string, unknown>, signal?: AbortSignal): Promise<Answer> {
    const options = { ...PATIENT, ...(signal && { signal }) };
    const answer = await this.client.callTool({ name, arguments: input }, options);
    const texts = answer.content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
    return {
      isError: answer.isError === true,
      text: texts.join('\n'),
      content: isRecord(answer.structuredContent) ? answer.structuredContent : {},
    };
  }

  /** Closes the standard input of the server, and resolves once its process has ended. */
  async stop(): Promise<void> {
    await this.client.close();
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
