/** The credentials in a kubeconfig. Certificates and keys are PEM. */
export type KubeconfigUser =
  | { readonly token: string }
  | { readonly tokenFile: string }
  | { readonly cert: string; readonly key: string };

/** A kubeconfig with one cluster and one user, YAML. `ca` is the CA of the server certificate, PEM. */
export function kubeconfigYaml(server: string, ca: string, user: KubeconfigUser): string {
  return `apiVersion: v1
kind: Config
clusters:
  - name: cluster
    cluster:
      server: ${server}
      certificate-authority-data: ${base64(ca)}
users:
  - name: user
    user:
${credentials(user)}
contexts:
  - name: context
    context:
      cluster: cluster
      user: user
current-context: context
`;
}

function credentials(user: KubeconfigUser): string {
  if ('token' in user) return `      token: ${user.token}`;
  // Every JSON string is also a YAML string.
  if ('tokenFile' in user) return `      tokenFile: ${JSON.stringify(user.tokenFile)}`;
  return `      client-certificate-data: ${base64(user.cert)}\n      client-key-data: ${base64(user.key)}`;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
