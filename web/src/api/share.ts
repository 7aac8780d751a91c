/** The API path of the share that this page reads, in the place of a signed-in user's library; null elsewhere. */
let sharePath: string | null = null

/** Read a share from now on: nothing is called as the signed-in user. A page that has begun so stays so. */
export function readShare(path: string): void {
  sharePath = path
}

export const isShared = (): boolean => sharePath !== null

/** The path of a resource in the share that is read; of the signed-in user elsewhere. */
export function resourcePath(path: string): string {
  return sharePath === null ? path : path.replace(/^\/v1/, sharePath)
}
