/** A DNS label (RFC 1123), the form of the names of namespaces and clusters; part of a regular expression. */
export const LABEL = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
