import { network } from '../platform/network'
import { t } from '../texts'

/** An error response of the API (RFC 9457), or a failed connection with status 0. `message` may be shown to the user. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly retryAfterS: number | null = null,
  ) {
    super(message)
  }

  static async fromResponse(response: Response): Promise<Problem> {
    const body = (await response.json().catch(() => null)) as { code?: string; message?: string } | null
    const retryAfterS = Number(response.headers.get('retry-after') ?? Number.NaN)
    const message = body?.message ?? t.problem.serverError(response.status)
    return new Problem(response.status, body?.code ?? 'unknown', message, Number.isFinite(retryAfterS) ? retryAfterS : null)
  }

  /** The request got no response: the connection is down, or the content security policy blocked it. */
  static unreachable({ isAction = false } = {}): Problem {
    const offline = isAction ? t.problem.offlineAction : t.problem.offline // what is loaded comes by itself
    return new Problem(0, 'unreachable', network.peek() === 'offline' ? offline : t.problem.unreachable)
  }
}

/** Return whether a request failed because the server could not be reached. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof Problem && error.status === 0
}

/** The text to show for an error. Messages of other errors are meant for developers and may contain signed URLs. */
export function errorMessage(error: unknown): string {
  return error instanceof Problem ? error.message : t.problem.unknown
}

/** Return whether a retry cannot help. */
export function isPermanent(error: unknown): boolean {
  return error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429
}
