/** The greatest replica count that the Kubernetes API can hold (int32). */
export const MAX_COUNT = 2_147_483_647;
