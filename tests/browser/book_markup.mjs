// The display form of a document, served by a stand-in inside the page: in every engine, and also what the API would never send.

/** What a book may contain, with a note and a table that is wider than a phone. */
export const SAMPLE = `
<h1><span data-start="0">The ice</span></h1>
<p><span data-start="9">It is </span><em><span data-start="15">thin</span></em><span data-start="19"> here.</span>
<sup><a data-note="n1" data-target="60"><span data-start="25">1</span></a></sup>
<a data-target="40"><span data-start="26">To the table.</span></a> <a href="https://example.org/ice"><span data-start="39">E</span></a></p>
<ol><li><span data-start="40">Cut the hole.</span></li><li><p>Wait.</p><ul><li>Long</li></ul></li></ol>
<table><thead><tr><th scope="col">Month</th>${'<th scope="col">A long month</th>'.repeat(12)}</tr></thead><tbody><tr><td>May</td>${'<td>28</td>'.repeat(12)}</tr></tbody></table>
<blockquote><p>A quotation.</p></blockquote><pre><code>def ice(cm):\n    return ${'cm + '.repeat(60)}0</code></pre>
<p><ruby>氷<rp>(</rp><rt>koori</rt><rp>)</rp></ruby> <span data-start="54" data-end="58"><math display="block"><mi>E</mi><mo>=</mo><msup><mi>c</mi><mn>2</mn></msup></math></span></p>
<p dir="rtl" lang="he">שלום עולם.</p><hr>
<aside data-note-id="n1"><p><span data-start="60">The note itself.</span></p></aside>`

const LEAK = 'https://leak.example/'
/** Markup that runs a script or sends a request in a careless page. */
const ATTACKS = [
  '<script>window.ran = 1</script>', `<script src="${LEAK}a.js"></script>`, '<img src=x onerror="ran = 1">', `<img src="${LEAK}b.png">`,
  `<img srcset="${LEAK}c.png 2x" alt="">`, `<picture><source srcset="${LEAK}d.png"><img data-image="x"></picture>`, '<svg onload="ran = 1"><circle r="9"/></svg>',
  `<svg><image href="${LEAK}e.png"/><script>ran = 1</script><a xlink:href="javascript:ran=1"><text>safe</text></a></svg>`, '<p onclick="ran = 1" style="position:fixed">safe</p>',
  `<p style="background:url(${LEAK}f.png)">safe</p>`, `<style>@import "${LEAK}g.css"; * { background: url(${LEAK}h.png) }</style>`, `<link rel="stylesheet" href="${LEAK}i.css">`,
  `<iframe src="${LEAK}j.html"></iframe>`, '<iframe srcdoc="<script>parent.ran = 1</script>"></iframe>', `<object data="${LEAK}k.swf"></object>`, `<embed src="${LEAK}l.swf">`,
  '<a href="javascript:ran=1">safe</a>', '<a href="JaVa&#9;Script:ran=1">safe</a>', '<a href="data:text/html,<script>ran=1</script>">safe</a>', `<a href="${LEAK}" ping="${LEAK}m">safe</a>`,
  `<form action="${LEAK}n"><input autofocus onfocus="ran = 1"><button formaction="javascript:ran=1">go</button></form>`, `<base href="${LEAK}">`,
  `<meta http-equiv="refresh" content="0;url=${LEAK}o">`, `<video poster="${LEAK}p.png" src="${LEAK}q.mp4"></video>`, `<audio src="${LEAK}r.mp3" onerror="ran = 1">`,
  '<math><maction actiontype="statusline" href="javascript:ran=1"><mi>x</mi></maction></math>', '<math href="javascript:ran=1"><mi>safe</mi></math>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=ran=1&gt;">',
  '<form><math><mtext></form><form><mglyph><style></math><img src onerror="ran = 1">', '<math><annotation-xml encoding="text/html"><img src=x onerror="ran = 1"></annotation-xml></math>',
  '<noscript><p title="</noscript><img src=x onerror=ran=1>">', '<template><img src=x onerror="ran = 1"></template>', '<svg></p><style><a id="</style><img src=1 onerror=ran=1>">',
  '<details open ontoggle="ran = 1"><summary>safe</summary></details>', '<marquee onstart="ran = 1">safe</marquee>', '<div id="page" class="dialog" popover name="recordedErrors">safe</div>',
  '<img data-image="hasOwnProperty"><img data-image="__proto__">', '<xmp><img src=x onerror="ran = 1"></xmp>', '<plaintext><img src=x onerror="ran = 1">',
]
export const HOSTILE = `${SAMPLE}${ATTACKS.map((attack) => `<div>${attack}</div>`).join('')}`

/** Show markup as the display form of a media that has a text. */
export async function showAsDocument(page, mediaId, html) {
  await page.evaluate((id, markup) => {
    const { fetch } = window
    const section = { index: 0, title: 'The ice', start: 0, end: 100 }
    window.fetch = async (input, options) => {
      const path = new URL(input, location.href).pathname.split(`/v1/media/${id}`)[1]
      if (path === '/document') return Response.json({ text_version: 1, length: 100, sections: [section] })
      if (path === '/document/0') return Response.json({ ...section, text_version: 1, html: markup, images: {} })
      const response = await fetch(input, options)
      if (path !== '' || !response.ok) return response
      return Response.json({ ...(await response.json()), has_document: true, media_type: 'text/html', text_version: 1 })
    }
  }, mediaId, html)
  await page.navigate(`/media/${mediaId}`)
  await page.waitForSelector('.book [data-start]')
}

/** What of it reached the page: names of elements and attributes, addresses, and whether anything ran. */
export const whatReachedThePage = (page) => page.evaluate(() => {
  const elements = [...document.querySelectorAll('.book-section *')]
  const attributes = elements.flatMap((element) => [...element.attributes].map(({ name }) => name))
  const addresses = elements.flatMap((element) => [element.getAttribute('href'), element.getAttribute('src')]).filter((address) => address !== null)
  return {
    elements: [...new Set(elements.map(({ localName }) => localName))].sort(),
    attributes: [...new Set(attributes)].sort(),
    addresses: [...new Set(addresses)].sort(),
    hasRun: 'ran' in window,
    safeTexts: elements.filter(({ textContent }) => textContent === 'safe').length,
  }
})
