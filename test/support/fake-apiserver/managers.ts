/** Who has written a Deployment: an entry of its managedFields. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly subresource?: string | undefined;
  /**
   * RFC 3339, whole seconds. null: the entry has none, as those that a write through `scale` makes. Absent: the time of
   * the creation.
   */
  readonly time?: string | null | undefined;
  /** Whether it owns spec.replicas. Default: true. */
  readonly replicas?: boolean | undefined;
  /** Whether it owns the fields that a client sets, except spec.replicas. Default: without a subresource. */
  readonly others?: boolean | undefined;
}

export const ownsCount = ({ replicas = true }: Manager): boolean => replicas;

export const ownsOthers = ({ subresource, others = subresource === undefined }: Manager): boolean => others;

/** Who changes a count. Without a subresource it writes the whole object. */
export interface Writer {
  readonly manager: string;
  /** Default: Update. Apply takes the count from others, as with --force-conflicts. */
  readonly operation?: 'Apply' | 'Update' | undefined;
  readonly subresource?: 'scale' | undefined;
}

/** `kubectl apply` from a client, of a manifest. It owns the defaulted fields too. */
export const CLIENT_SIDE_APPLY: Manager = {
  manager: 'kubectl-client-side-apply',
  operation: 'Update',
};

/** `kubectl scale`. */
export const KUBECTL_SCALE: Writer = { manager: 'kubectl', subresource: 'scale' };

/**
 * The managers after a write that changes the count: it takes spec.replicas from all others.
 * @param time of the write, RFC 3339
 */
export function afterChange(
  managers: readonly Manager[],
  replicas: number,
  { manager, operation = 'Update', subresource }: Writer,
  time: string,
): readonly Manager[] {
  const known = decoded(managers);
  const patches = subresource !== undefined && operation === 'Update';
  // kube-apiserver tracks an Update through scale only if somebody owns the count already.
  if (patches && !known.some(ownsCount)) return known;
  const writer = { manager, operation, subresource };
  const own = known.find((entry) => identity(entry) === identity(writer));
  const others = known
    .filter((entry) => entry !== own)
    .map((entry) => ({ ...entry, replicas: false }))
    .filter(ownsOthers);
  // A Scale leaves out a count of 0, so that its writer owns nothing.
  if (patches && replicas === 0) return others;
  const taken = { others: false, ...own, ...writer, replicas: true };
  return [...others, { ...taken, time: subresource === undefined ? time : null }];
}

/**
 * The managers after a write of the present count through `scale`; the same array if nothing changes. An Apply owns the
 * count besides the others. Of an Update kube-apiserver tears spec.replicas out of an Update entry with other fields, and loses it with the next such write: the entries have
 * the same identity.
 */
export function afterScaleToSame(
  managers: readonly Manager[],
  { manager, operation = 'Update', subresource }: Writer,
): readonly Manager[] {
  const known = decoded(managers);
  if (operation === 'Apply') {
    const own = { manager, operation, subresource, time: null };
    return known.some((entry) => identity(entry) === identity(own)) ? managers : [...known, own];
  }
  const torn = known.filter((entry) => entry.operation === 'Update' && ownsCount(entry) && ownsOthers(entry));
  if (torn.length === 0) return known.length === managers.length ? managers : known;
  return [
    ...torn.map((entry) => ({ ...entry, others: false, time: null })),
    ...known.map((entry) => (torn.includes(entry) ? { ...entry, replicas: false } : entry)),
  ];
}

/** kube-apiserver reads the entries into a map by identity, in which the last one of an identity stays. */
function decoded(managers: readonly Manager[]): readonly Manager[] {
  return managers.filter(
    (entry, i) => managers.findLastIndex((other) => identity(other) === identity(entry)) === i,
  );
}

const identity = ({
  manager,
  operation,
  subresource = '',
}: Pick<Manager, 'manager' | 'operation' | 'subresource'>) => `${manager}\n${operation}\n${subresource}`;
