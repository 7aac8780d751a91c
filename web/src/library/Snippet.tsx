/** The text around a hit. It comes as HTML with nothing in it but escaped text and <mark>: it is taken apart, never inserted. */
export function Snippet({ html }: { html: string }) {
  const body = new DOMParser().parseFromString(html, 'text/html').body
  return (
    <span class="snippet">
      {[...body.childNodes].map((node, index) =>
        node.nodeName === 'MARK' ? <mark key={index}>{node.textContent}</mark> : (node.textContent ?? ''),
      )}
    </span>
  )
}
