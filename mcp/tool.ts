import type { McpServer, StandardSchemaWithJSON, ToolAnnotations } from '@modelcontextprotocol/server';
import { textOf } from './errors.ts';

interface Tool<Input, Output> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: StandardSchemaWithJSON<unknown, Input>;
  readonly output: StandardSchemaWithJSON<unknown, Output>;
  readonly annotations: ToolAnnotations;
  /** @param signal aborted when the agent cancels the call or has gone */
  run(input: Input, signal: AbortSignal): Promise<NoInfer<Output>>;
}

/** Adds a tool whose answer is structured and, for agents that read only text, also JSON. Errors become errors of the tool. */
export function addTool<Input, Output extends object>(
  server: McpServer,
  { name, title, description, input, output, annotations, run }: Tool<Input, Output>,
): void {
  server.registerTool(
    name,
    {
      title,
      description,
      inputSchema: input,
      outputSchema: output,
      // Nothing but the service is asked.
      annotations: { ...annotations, openWorldHint: false },
    },
    async (args: Input, { mcpReq: { signal } }) => {
      try {
        const answer = await run(args, signal);
        return {
          content: [{ type: 'text', text: JSON.stringify(answer) }],
          structuredContent: { ...answer },
        };
      } catch (error) {
        return { content: [{ type: 'text', text: textOf(error) }], isError: true };
      }
    },
  );
}
