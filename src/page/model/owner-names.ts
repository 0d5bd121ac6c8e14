/** What people call those who set counts, where the kind of their object is another word. */
const NAMES: Readonly<Record<string, string>> = {
  HorizontalPodAutoscaler: 'HPA',
  ScaledObject: 'KEDA',
  Application: 'Argo CD',
  Kustomization: 'Flux',
  HelmRelease: 'Flux Helm',
  Bundle: 'Fleet',
};

export function ownerName(kind: string): string {
  return NAMES[kind] ?? kind;
}
