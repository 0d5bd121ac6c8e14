/**
 * Decisions about what callers may do, by where they came from. `cache`: a decision that was remembered; `review`: an
 * access review; `outage`: an earlier decision, because the API server could not be asked; `mode`: the service is
 * configured to allow everything. One request may take several decisions.
 */
export class DecisionCounts {
  readonly cache = { allowed: 0, denied: 0 };
  /** `failed`: nothing was decided, so the request was answered with 503. */
  readonly review = { allowed: 0, denied: 0, failed: 0 };
  readonly outage = { allowed: 0 };
  readonly mode = { allowed: 0 };
}
