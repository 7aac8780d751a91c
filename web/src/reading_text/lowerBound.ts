/** How many of the first ones fulfil what only a beginning of them fulfils. */
export function below<T>(sorted: readonly T[], isBelow: (item: T, index: number) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBelow(sorted[middle] as T, middle)) low = middle + 1
    else high = middle
  }
  return low
}
