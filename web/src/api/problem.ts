import { t } from '../texts/index'

/** A refusal of the API (RFC 9457), or what stands for one when no answer came. `message` is made to be shown. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly retryAfterS: number | null = null,
  ) {
    super(message)
  }

  static async of(answer: Response): Promise<Problem> {
    const body = (await answer.json().catch(() => null)) as { code?: string; message?: string } | null
    const after = Number(answer.headers.get('retry-after') ?? Number.NaN)
    const message = body?.message ?? t.problem.answered(answer.status)
    return new Problem(answer.status, body?.code ?? 'unknown', message, Number.isFinite(after) ? after : null)
  }

  /** Nobody answered: the line is down, or the page's policy forbade it. */
  static unreachable(): Problem {
    return new Problem(0, 'unreachable', t.problem.unreachable)
  }
}

/** What to say of an error. What others throw was made for developers, and may hold signed addresses. */
export function sentence(error: unknown): string {
  return error instanceof Problem ? error.message : t.problem.unknown
}
