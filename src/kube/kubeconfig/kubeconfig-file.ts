import { readFileSync } from 'node:fs';
import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { type Field, fieldName, YamlError, YamlFile } from '../../lib/yaml-file.ts';
import { isObject } from '../json.ts';

const Text = Type.Optional(Type.String());
const Flag = Type.Optional(Type.Boolean());
const Texts = Type.Optional(Type.Array(Type.String()));
const Extensions = Type.Optional(Type.Array(Type.Object({ name: Type.String(), extension: Type.Unknown() })));
/** Unknown fields are refused: a field that is ignored in silence would not do what its author expects. */
const NO_OTHERS = { additionalProperties: false };

const ContextSchema = Type.Object(
  { cluster: Text, user: Text, namespace: Text, extensions: Extensions },
  NO_OTHERS,
);
const ClusterSchema = Type.Object(
  {
    server: Text,
    'tls-server-name': Text,
    'insecure-skip-tls-verify': Flag,
    'certificate-authority': Text,
    'certificate-authority-data': Text,
    'proxy-url': Text,
    'disable-compression': Flag,
    extensions: Extensions,
  },
  NO_OTHERS,
);
const ExecSchema = Type.Object(
  {
    apiVersion: Text,
    command: Text,
    args: Texts,
    env: Type.Optional(Type.Array(Type.Object({ name: Text, value: Text }, NO_OTHERS))),
    installHint: Text,
    provideClusterInfo: Flag,
    interactiveMode: Text,
  },
  NO_OTHERS,
);
const UserSchema = Type.Object(
  {
    'client-certificate': Text,
    'client-certificate-data': Text,
    'client-key': Text,
    'client-key-data': Text,
    token: Text,
    tokenFile: Text,
    username: Text,
    password: Text,
    as: Text,
    'as-uid': Text,
    'as-groups': Texts,
    'as-user-extra': Type.Optional(Type.Record(Type.String(), Type.Array(Type.String()))),
    'auth-provider': Type.Optional(
      Type.Object(
        { name: Text, config: Type.Optional(Type.Record(Type.String(), Type.String())) },
        NO_OTHERS,
      ),
    ),
    exec: Type.Optional(ExecSchema),
    extensions: Extensions,
  },
  NO_OTHERS,
);

/** The fields of an API server in a kubeconfig, by their names there. */
export type ClusterFields = Static<typeof ClusterSchema>;
/** The fields of a login in a kubeconfig, by their names there. */
export type UserFields = Static<typeof UserSchema>;
/** The fields of a credential plugin in a kubeconfig, by their names there. */
export type ExecFields = Static<typeof ExecSchema>;

const SCHEMAS = { contexts: ContextSchema, clusters: ClusterSchema, users: UserSchema };
type Kind = keyof typeof SCHEMAS;

/** The field of an item that holds what its name stands for. */
const CONTENT = { contexts: 'context', clusters: 'cluster', users: 'user' } as const;

/** An entry of a kubeconfig, with its place in the file. */
export interface Entry<Fields> {
  readonly file: KubeconfigFile;
  readonly field: Field;
  /** Without the fields that are null or empty, which mean the same as their absence. */
  readonly fields: Fields;
}

/**
 * One file of a kubeconfig. Only what is asked for is checked, so an entry that nobody uses may be incomplete. Messages
 * never quote a value, because it may be a secret, or half of one while the file is being written.
 */
export class KubeconfigFile {
  readonly path: string;
  readonly #yaml: YamlFile;
  readonly #content: Readonly<Record<string, unknown>>;

  /** @throws Error if the text is not a kubeconfig */
  constructor(path: string, text: string) {
    this.path = path;
    this.#yaml = yamlOf(path, text);
    const content = this.#yaml.content ?? {};
    if (!isObject(content)) throw new Error(`${path} is not a kubeconfig`);
    this.#content = content;
    for (const [key, known] of Object.entries({ apiVersion: 'v1', kind: 'Config' })) {
      if (content[key] !== undefined && content[key] !== null && content[key] !== known)
        throw this.mistake([key], `is not ${known}, as in a kubeconfig`);
    }
    for (const kind of Object.keys(CONTENT)) {
      if (!Array.isArray(content[kind] ?? [])) throw this.mistake([kind], 'is not a list');
    }
  }

  /**
   * Reads a file.
   * @param known its text, if the caller has read it; otherwise undefined
   * @returns undefined if it does not exist
   * @throws Error if it cannot be read or is not a kubeconfig
   */
  static read(path: string, known: string | undefined): KubeconfigFile | undefined {
    let text: string;
    try {
      text = known ?? readFileSync(path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
    return new KubeconfigFile(path, text);
  }

  /** The name of the context to use, if the file sets one. */
  get currentContext(): string | undefined {
    const name = this.#content['current-context'] ?? '';
    if (typeof name !== 'string') throw this.mistake(['current-context'], 'is not text: put it in quotes');
    return name === '' ? undefined : name;
  }

  /** The names of all entries of a kind. */
  names(kind: Kind): string[] {
    return this.#items(kind).flatMap(({ name }) => (typeof name === 'string' && name !== '' ? [name] : []));
  }

  /**
   * The entry with this name.
   * @returns undefined if there is none
   * @throws Error if there are several, or if it does not have the form of its kind
   */
  find<K extends Kind>(kind: K, name: string): Entry<Static<(typeof SCHEMAS)[K]>> | undefined;
  // TypeScript does not follow the kind to its schema, so the signature above states what the code below does.
  find(kind: Kind, name: string): Entry<unknown> | undefined {
    const items = this.#items(kind);
    const [index, other] = items.flatMap((item, index) => (item.name === name ? [index] : []));
    if (index === undefined) return undefined;
    if (other !== undefined) throw this.mistake([kind, other], `has the same name as ${kind}[${index}]`);
    const field = [kind, index, CONTENT[kind]];
    const fields = this.#checked(SCHEMAS[kind], field, withoutEmpty(items[index]?.[CONTENT[kind]]) ?? {});
    return { file: this, field, fields };
  }

  /** The error for a field, whose message names the file, the line and the field. */
  mistake(field: Field, reason: string): Error {
    return new Error(`${this.#yaml.at(field)}: ${fieldName(field)} ${reason}`);
  }

  #items(kind: Kind): Readonly<Record<string, unknown>>[] {
    const items = this.#content[kind];
    return Array.isArray(items) ? items.map((item) => (isObject(item) ? item : {})) : [];
  }

  #checked<S extends TSchema>(schema: S, field: Field, value: unknown): Static<S> {
    const [mistake] = this.#yaml.mistakes(schema, value, field);
    if (mistake !== undefined) throw this.mistake(mistake.field, mistake.meaning);
    return Value.Parse(schema, value);
  }
}

/** Reads YAML as Go does: `yes` is a boolean, but `12:30` and `2026-01-01` are text. */
function yamlOf(path: string, text: string): YamlFile {
  try {
    return new YamlFile(path, text, {
      version: '1.1',
      customTags: (tags) =>
        tags.filter(
          (tag) =>
            typeof tag === 'string' || (tag.format !== 'TIME' && tag.tag !== 'tag:yaml.org,2002:timestamp'),
        ),
    });
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const line = error.mistakes[0]?.line;
    throw new Error(`${path} is not a kubeconfig${line === undefined ? '' : `: see line ${line}`}`);
  }
}

/**
 * The value without members that are null or empty text: Go reads both as if they were absent. Extensions stay as they
 * are, because a plugin gets them unchanged.
 */
function withoutEmpty(value: unknown): unknown {
  if (value === null || value === '') return undefined;
  if (Array.isArray(value)) return value.map((item) => (isObject(item) ? withoutEmpty(item) : item));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => {
      const kept = key === 'extensions' ? (member ?? undefined) : withoutEmpty(member);
      return kept === undefined ? [] : [[key, kept]];
    }),
  );
}
