/** Measure an element now and whenever its size has changed, until the returned function is called. */
export function observeSize(element: HTMLElement, measure: () => void): () => void {
  let frame = 0
  // In the next frame: browsers report an error if a resize causes another one in the same frame.
  const observer = new ResizeObserver(() => {
    cancelAnimationFrame(frame)
    frame = requestAnimationFrame(measure)
  })
  measure()
  observer.observe(element)
  return () => {
    observer.disconnect()
    cancelAnimationFrame(frame)
  }
}
