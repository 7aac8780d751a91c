/** A user's edit of some fields, which started from `original`. It overwrites nothing that was changed elsewhere meanwhile. */
export class Edit<T extends object> {
  /** `conflict` makes the error for the value that another edit has set. */
  constructor(
    private original: T,
    private readonly conflict: (value: string) => Error,
  ) {}

  /**
   * The fields that the user changed. Throws `conflict` when one of them was changed elsewhere to another value; the user has seen that
   * value then, and saving again replaces it.
   */
  changes(edited: Partial<T>, current: T): Partial<T> {
    const original = this.original
    const names = (Object.keys(edited) as (keyof T)[]).filter((name) => edited[name] !== original[name])
    const changedElsewhere = names.find((name) => current[name] !== original[name] && current[name] !== edited[name])
    this.original = current
    if (changedElsewhere) throw this.conflict(String(current[changedElsewhere]))
    return Object.fromEntries(names.map((name) => [name, edited[name]])) as Partial<T>
  }
}

/** Tags after a user's edit of them, with those that were added or removed elsewhere meanwhile. */
export function mergeTags(original: string[], edited: string[], current: string[]): string[] {
  const removed = new Set(original.filter((tag) => !edited.includes(tag)))
  const added = edited.filter((tag) => !original.includes(tag))
  return [...new Set([...current.filter((tag) => !removed.has(tag)), ...added])]
}
