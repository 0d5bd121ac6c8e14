import { serveMcp } from 'k8s-deployment-scaler-mcp';
import { connect } from '../../../src/cli/connect/connect.ts';

const { client, cluster, close } = await connect({}, process.env);
await serveMcp({ client, cluster, allowWrites: process.argv.includes('--allow-writes'), version: 'test' });
await close();
