import { helm, kubectl } from '../support/e2e/commands.ts';

/** Fails at once if no cluster is named. The tests never use the current context of kubectl by accident. */
export default async function globalSetup(): Promise<void> {
  if (!process.env.KUBECONFIG) {
    throw new Error(
      'The end-to-end tests need a cluster: set KUBECONFIG. They make and remove namespaces e2e-*.',
    );
  }
  await kubectl('get', '--raw', '/readyz');
  await helm('version');
}
