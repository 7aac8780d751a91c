/** Return how many items at the start of a sorted array satisfy `isBelow`, by binary search. */
export function lowerBound<T>(sorted: readonly T[], isBelow: (item: T, index: number) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBelow(sorted[middle] as T, middle)) low = middle + 1
    else high = middle
  }
  return low
}
