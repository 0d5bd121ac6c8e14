/** A DNS label (RFC 1123), as part of a regular expression. Names of namespaces and clusters have this form. */
export const LABEL = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
