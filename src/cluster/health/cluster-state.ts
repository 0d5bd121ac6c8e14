/**
 * Whether a cluster can be served, the worst that is true of it. `unreachable`: its API server cannot be reached or does
 * not read its storage, so the content of its cache is getting old. `syncing`: it is being read, and asked what a client
 * may do, for the first time. `blocked`: it is read, but it does not decide what clients may do, so requests that need a
 * decision are answered with 503. `ready`: none of these.
 */
export type ClusterState = 'ready' | 'blocked' | 'syncing' | 'unreachable';
