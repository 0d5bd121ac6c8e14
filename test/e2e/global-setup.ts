import { helm, kubectl } from '../support/e2e/commands.ts';

/** Says at once what is missing. Only a cluster that was named is used, never the one that kubectl happens to know. */
export default async function globalSetup(): Promise<void> {
  if (!process.env.KUBECONFIG) {
    throw new Error(
      'The end-to-end tests need a cluster: set KUBECONFIG. They make and remove namespaces e2e-*.',
    );
  }
  await kubectl('get', '--raw', '/readyz');
  await helm('version');
}
