// From the API's markup to elements of the page. The API has sanitised it; here every element is made anew from lists of what a document
// may contain, so that nothing else can come in by another way.

const HTML = new Set(
  (
    'abbr aside b bdi bdo blockquote br caption cite code col colgroup dd del dfn div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ' +
    'ins kbd li ol p pre q rp rt ruby s samp section small span strong sub sup table tbody td tfoot th thead tr u ul var wbr a'
  ).split(' '),
)
const MATHML = new Set(
  (
    'math merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt mstyle msub msubsup msup mtable ' +
    'mtd mtext mtr munder munderover none semantics'
  ).split(' '),
)
// Dropped with what they contain; of other unknown elements the content is kept.
const DROPPED = new Set(
  (
    'annotation annotation-xml audio base button canvas embed frame frameset head iframe input link meta noembed noframes noscript object ' +
    'picture plaintext portal script select source style svg template textarea title track video xmp'
  ).split(' '),
)

const INTEGER = /^\d{1,9}$/
const ATTRIBUTES: Record<string, RegExp> = {
  'data-end': INTEGER,
  'data-start': INTEGER,
  dir: /^(ltr|rtl|auto)$/,
  lang: /^[a-z]{2,3}(-[a-z0-9]{1,8})*$/i,
}
const ATTRIBUTES_OF: Record<string, Record<string, RegExp>> = {
  aside: { 'data-note-id': /^\w{1,40}$/ },
  img: { alt: /./s, width: INTEGER, height: INTEGER },
  li: { value: INTEGER },
  ol: { start: /^-?\d{1,7}$/, type: /^[1aAiI]$/ },
  p: { 'data-kind': /^[a-z_]{1,20}$/ },
  td: { colspan: INTEGER, rowspan: INTEGER },
  th: { colspan: INTEGER, rowspan: INTEGER, scope: /^(row|col|rowgroup|colgroup)$/ },
}
const MATHML_ATTRIBUTES =
  /^(accent|accentunder|columnalign|columnspan|depth|dir|display|displaystyle|fence|form|height|largeop|linethickness|lspace|mathvariant|maxsize|minsize|movablelimits|rowspan|rspace|scriptlevel|separator|stretchy|symmetric|voffset|width)$/
const MATHML_VALUE = /^[\w.%+ -]{1,40}$/

/** What the elements of a section refer to. */
export interface References {
  /** Return the address of a picture in storage; undefined if it is not known. */
  image: (name: string) => string | undefined
  /** Return the address of a position in the document. */
  position: (offset: number) => string
}

/** Return the document that markup describes, made of allowed elements and attributes only. */
export function toElements(markup: string, references: References): DocumentFragment {
  const fragment = document.createDocumentFragment()
  // A document of its own: nothing in it runs or is loaded.
  const parsed = new DOMParser().parseFromString(markup, 'text/html')
  appendChildren(fragment, parsed.body, references)
  return fragment
}

function appendChildren(parent: Node, source: Node, references: References): void {
  for (const node of source.childNodes) {
    if (node instanceof Text || node.nodeType === Node.TEXT_NODE) parent.appendChild(document.createTextNode(node.nodeValue ?? ''))
    else if (node.nodeType === Node.ELEMENT_NODE) appendElement(parent, node as Element, references)
  }
}

function appendElement(parent: Node, source: Element, references: References): void {
  const isMath = source.namespaceURI === 'http://www.w3.org/1998/Math/MathML'
  const isHtml = source.namespaceURI === document.documentElement.namespaceURI
  const name = source.localName
  if (DROPPED.has(name) || !(isMath || isHtml)) return
  if (!(isMath ? MATHML : HTML).has(name)) {
    if (isHtml) appendChildren(parent, source, references)
    return
  }
  const element = isMath ? mathElement(source) : htmlElement(source, references)
  parent.appendChild(name === 'table' ? scrollable(element) : element)
  appendChildren(element, source, references)
}

function mathElement(source: Element): Element {
  const element = document.createElementNS(source.namespaceURI, source.localName)
  for (const { name, value } of source.attributes)
    if (MATHML_ATTRIBUTES.test(name) && MATHML_VALUE.test(value)) element.setAttribute(name, value)
  return element
}

function htmlElement(source: Element, references: References): HTMLElement {
  const element = source.localName === 'a' ? linkElement(source, references) : document.createElement(nameOf(source))
  for (const { name, value } of source.attributes)
    if ((ATTRIBUTES_OF[source.localName]?.[name] ?? ATTRIBUTES[name])?.test(value)) element.setAttribute(name, value)
  if (element instanceof HTMLImageElement) {
    if (!element.hasAttribute('alt')) element.alt = '' // otherwise screen readers say its address
    element.loading = 'lazy'
    element.decoding = 'async'
    element.dataset.image = source.getAttribute('data-image') ?? ''
    const address = references.image(element.dataset.image)
    if (address) element.src = address
  }
  return element
}

/** Headings are one level lower: the first is the document's title in the bar above. */
function nameOf({ localName }: Element): string {
  const level = /^h([1-5])$/.exec(localName)?.[1]
  return level ? `h${Number(level) + 1}` : localName
}

/** A link to another page, to a position in the document, or to a note; its text alone if it leads nowhere. */
function linkElement(source: Element, references: References): HTMLElement {
  const target = source.getAttribute('data-target') ?? ''
  const note = source.getAttribute('data-note')
  if (note !== null) {
    const mark = document.createElement('button')
    mark.type = 'button'
    mark.className = 'note-mark'
    mark.dataset.note = note
    if (INTEGER.test(target)) mark.dataset.target = target
    mark.setAttribute('aria-haspopup', 'dialog')
    return mark
  }
  const link = document.createElement('a')
  if (INTEGER.test(target)) {
    link.dataset.target = target
    link.href = references.position(Number(target))
    return link
  }
  const address = source.getAttribute('href') ?? ''
  if (!URL.canParse(address) || !['http:', 'https:', 'mailto:'].includes(new URL(address).protocol)) return document.createElement('span')
  link.href = address
  link.target = '_blank'
  link.rel = 'noopener noreferrer'
  return link
}

/** A wide table scrolls inside its own box. */
function scrollable(table: Element): Element {
  const box = document.createElement('div')
  box.className = 'scroll-box'
  box.append(table)
  return box
}
