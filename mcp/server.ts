import type { ScalerClient } from '../src/client/scaler-client.ts';

export interface McpOptions {
  readonly client: ScalerClient;
  /** Whether to offer tools that change counts. */
  readonly allowWrites: boolean;
}
