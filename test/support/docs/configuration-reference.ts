import { ConfigSchema } from '../../../src/config/config-schema.ts';
import { TRACING_VARIABLES } from '../../../src/config/tracing-variables.ts';

interface Property {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** The text of docs/reference/configuration.md: every variable of the service, from its schema. */
export function configurationReference(): string {
  const properties: Readonly<Record<string, Property>> = ConfigSchema.properties;
  const rows = Object.entries(properties).map(
    ([name, property]) =>
      `| \`${name}\` | ${defaultOf(property)} | ${valuesOf(property)} | ${property.description} |`,
  );
  return `# Configuration

The service takes its whole configuration from the environment. An empty variable counts as unset. A mistake ends the start
with a message that lists all mistakes. \`make docs\` generates this page from \`src/config/config-schema.ts\`.

With the chart, the value \`settings\` takes these variables, except those that the chart sets itself:
[values](../../charts/k8s-deployment-scaler/README.md#values).

| Variable | Default | Values | Meaning |
| --- | --- | --- | --- |
${rows.join('\n')}

## Traces

These are read by the SDK of OpenTelemetry, and are the same in all programs that use one. With the chart they are values of
\`extraEnv\`, as some of them are secret. [How to use them](../how-to/traces.md).

| Variable | Meaning |
| --- | --- |
${Object.entries(TRACING_VARIABLES)
  .map(([name, meaning]) => `| \`${name}\` | ${meaning} |`)
  .join('\n')}

What the management listener answers, and what happens at a stop: [Run and observe](../how-to/run-and-observe.md).
`;
}

function defaultOf(property: Property): string {
  return property.default === undefined ? 'unset' : `\`${property.default}\``;
}

function valuesOf({ type, enum: values, minimum, maximum }: Property): string {
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(', ');
  if (type === 'boolean') return '`true`, `false`';
  return type === 'integer' ? `integer, ${minimum} to ${maximum}` : 'text';
}
