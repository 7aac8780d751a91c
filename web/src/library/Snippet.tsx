/** The text around a search hit. The API sends HTML of escaped text and <mark>; it is parsed, never inserted. */
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
